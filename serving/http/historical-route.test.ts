import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KNOWN, testApp, type TestApp } from '../../test/support/test-app.ts'
import { testPast } from '../../test/support/test-past.ts'
import type { AskedRow } from '../past/vector-archive.ts'
import { prefersCsv } from './historical-route.ts'

const TIME = Date.UTC(2025, 2, 7, 14, 31)
const asked: { rows: readonly AskedRow[]; maxAgeMs: number }[] = []
let setup: TestApp

beforeAll(async () => {
  const row = {
    eventTimeMs: TIME,
    featureSet: 'full',
    close: 1,
    values: { rsi_14: 55.5, latest_headline: 'Stocks "fall", again', signal_time: TIME },
  }
  const past = testPast()
  setup = await testApp({
    past: {
      ...past,
      vectors: {
        ...past.vectors,
        join: (rows, _features, maxAgeMs) => {
          asked.push({ rows, maxAgeMs })
          return Promise.resolve(
            rows.map(({ instrument }) => (instrument === KNOWN ? row : undefined)),
          )
        },
      },
    },
  })
})
afterAll(() => setup.close())

const ask = (payload: object, accept = 'application/json') =>
  setup.app.inject({ method: 'POST', url: '/features/historical', headers: { accept }, payload })

const BODY = {
  rows: [
    { instrument: KNOWN, timestamp: '2025-03-07T14:31:30Z' },
    { instrument: 'OTHER', timestamp: TIME },
  ],
  features: ['rsi_14', 'latest_headline', 'signal_time'],
}

describe('POST /features/historical', () => {
  it('answers row by row, with the age, and null where nothing was known', async () => {
    expect((await ask({ ...BODY, max_age_seconds: 60 })).json()).toEqual({
      found: 1,
      rows: [
        {
          instrument: KNOWN,
          timeMs: TIME + 30_000,
          eventTimeMs: TIME,
          ageSeconds: 30,
          featureSet: 'full',
          values: { rsi_14: 55.5, latest_headline: 'Stocks "fall", again', signal_time: TIME },
        },
        {
          instrument: 'OTHER',
          timeMs: TIME,
          eventTimeMs: null,
          ageSeconds: null,
          featureSet: null,
          values: null,
        },
      ],
    })
    expect(asked.at(-1)?.maxAgeMs).toBe(60_000)
  })

  it('answers CSV where that is asked for', async () => {
    const answer = await ask(BODY, 'text/csv')
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.body.split('\r\n')).toEqual([
      'instrument,timestamp,event_time,rsi_14,latest_headline,signal_time',
      `${KNOWN},2025-03-07T14:31:30.000Z,2025-03-07T14:31:00.000Z,55.5,"Stocks ""fall"", again",2025-03-07T14:31:00.000Z`,
      'OTHER,2025-03-07T14:31:00.000Z,,,,',
      '',
    ])
  })

  it.each([
    ['no rows', { ...BODY, rows: [] }, 'body/rows'],
    ['no features', { ...BODY, features: [] }, 'body/features'],
    ['an unknown feature', { ...BODY, features: ['moon'] }, 'body/features/0'],
    ['a feature twice', { ...BODY, features: ['rsi_14', 'rsi_14'] }, 'body/features'],
    ['a bad time', { ...BODY, rows: [{ instrument: 'A', timestamp: 'noon' }] }, 'rows/0/timestamp'],
    ['30 February', { ...BODY, rows: [{ instrument: 'A', timestamp: '2025-02-30' }] }, 'rows/0'],
    ['a bad name', { ...BODY, rows: [{ instrument: "'; DROP", timestamp: TIME }] }, 'rows/0'],
    ['more', { ...BODY, more: 1 }, 'more'],
  ])('refuses %s with its place', async (_, body, place) => {
    const answer = await ask(body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json<{ error: { message: string } }>().error.message).toContain(place)
  })
})

describe('prefersCsv', () => {
  it.each([
    [undefined, false],
    ['*/*', false],
    ['text/csv', true],
    ['text/*', true],
    ['application/json, text/csv;q=0.5', false],
    ['text/csv, application/json;q=0.9', true],
    ['TEXT/CSV;q=0', false],
  ])('%s: %s', (accept, csv) => {
    expect(prefersCsv(accept)).toBe(csv)
  })
})

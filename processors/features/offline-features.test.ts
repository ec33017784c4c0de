import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import type { CandleRow } from '../../streams/sources/candle-file.ts'
import { featureSet } from './feature-sets.ts'
import { offlineFeatures, type Refusal } from './offline-features.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { vectorCsv, vectorJsonLines } from './vector-text.ts'

const settings = everyInstrument({
  maxFillMinutes: 360,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})
const set = featureSet('market-76')
const START_MS = Date.UTC(2025, 0, 6, 15, 0)

const row = (minute: number, changed: Partial<Candle> = {}): CandleRow => ({
  kind: 'candle',
  line: minute + 2,
  candle: {
    instrument: 'TEST',
    openTimeMs: START_MS + minute * 60_000,
    open: 100,
    high: 101,
    low: 99.1,
    close: 100.3,
    volume: null,
    bidClose: null,
    askClose: null,
    bidSize: null,
    askSize: null,
    source: 'file',
    sourceLine: minute + 2,
    ...changed,
  },
})

describe('offline features', () => {
  it('counts what became of every row', () => {
    const offline = offlineFeatures(settings, set)
    const refusals: Refusal[] = []
    const bad: CandleRow = {
      kind: 'fault',
      line: 9,
      code: 'ROW_UNREADABLE',
      cause: 'close is not a number',
      bytes: Buffer.alloc(0),
    }
    offline.take([row(0), row(3), bad], (refusal) => refusals.push(refusal))
    offline.take(
      [row(3), row(2), row(4, { instrument: 'OTHER' }), row(5, { volume: -1 })],
      (refusal) => refusals.push(refusal),
    )
    expect(offline.counts).toEqual({
      rows: 7,
      badRows: 2,
      duplicates: 1,
      late: 1,
      gridBars: 5,
      filledBars: 2,
    })
    expect(refusals.map(({ line }) => line)).toEqual([9, 4, 7])
  })

  it('writes time, features in set order, nothing for null and all digits of a number', () => {
    const [first, second] = offlineFeatures(settings, set).take(
      [row(0), row(1, { close: 100.1 + 0.2 })],
      () => expect.fail(),
    )
    const { header, line } = vectorCsv(set)
    expect(header).toBe(`timestamp,${set.features.join(',')}\n`)
    expect(line(first!).split(',').slice(0, 9)).toEqual([
      '2025-01-06T15:00:00Z',
      '100',
      '101',
      '99.1',
      '',
      '0',
      '0',
      '0',
      '',
    ])
    const cell = line(second!).split(',')[header.split(',').indexOf('hl_range_pct')]
    expect(Number(cell)).toBe((101 - 99.1) / (100.1 + 0.2))
    const json = JSON.parse(vectorJsonLines(set).line(second!)) as Record<string, unknown>
    expect(json).toEqual({
      timestamp: '2025-01-06T15:01:00Z',
      ...Object.fromEntries(set.features.map((name) => [name, second!.values[name]])),
    })
  })
})

import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { scoredArticle } from '../../test/support/scored-article.ts'
import { vectorRows } from '../../test/support/vector-rows.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import type { CandleRow } from '../../streams/sources/candle-file.ts'
import { featureSet } from './feature-sets.ts'
import { offlineFeatures, type Refusal } from './offline-features.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { featuresProcessor, STREAM_FEATURE_SET } from './features-processor.ts'

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

const fail = ({ cause }: Refusal): never => expect.fail(cause)

describe('offline features', () => {
  it('count what became of every row', () => {
    const offline = offlineFeatures(settings, set, 100)
    const refusals: Refusal[] = []
    const bad: CandleRow = {
      kind: 'fault',
      line: 9,
      code: 'ROW_UNREADABLE',
      cause: 'close is not a number',
      bytes: Buffer.alloc(0),
    }
    const rows = [
      ...[row(0), row(3), bad],
      ...[row(3), row(2), row(4, { instrument: 'OTHER' }), row(5, { volume: -1 })],
    ]
    expect([...offline.take(rows, (refusal) => refusals.push(refusal))]).toEqual([])
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

  it('hand over as many vectors as asked for, more only where one candle brings them about', () => {
    const offline = offlineFeatures(settings, set, 3)
    const times: number[][] = []
    const rows = [0, 1, 2, 3, 20, 21].map((minute) => row(minute))
    for (const vectors of offline.take(rows, fail)) {
      times.push(vectorRows(vectors).map(({ openTimeMs }) => (openTimeMs - START_MS) / 60_000))
      vectors.clear()
    }
    times.push(vectorRows(offline.rest()).map(({ openTimeMs }) => (openTimeMs - START_MS) / 60_000))
    expect(times.map(({ length }) => length)).toEqual([3, 18, 1])
    expect(times.flat()).toEqual(Array.from({ length: 22 }, (_, minute) => minute))
  })

  it('give the values that the processor publishes, bit by bit, news included', () => {
    const everything = featureSet(STREAM_FEATURE_SET)
    const processor = featuresProcessor(settings)
    const offline = offlineFeatures(settings, everything, 10_000)
    const driver = new TestDriver(processor)
    const articles = [3, 200, 205].map((minute) =>
      scoredArticle({
        instrument: 'TEST',
        articleId: `${minute}`,
        availableAtMs: START_MS + minute * 60_000,
      }),
    )
    for (const article of articles) {
      offline.takeArticle(article)
      driver.sendSide(article)
    }
    driver.takeSide()
    const rows = Array.from({ length: 400 }, (_, i) =>
      row(i + (i > 300 ? 9 : 0), {
        close: 100 + Math.sin(i) / 2,
        volume: i % 7 === 0 ? null : i,
      }),
    )
    for (const _ of offline.take(rows, fail)) expect.fail('too early')
    for (const each of rows) if (each.kind === 'candle') driver.send(each.candle)
    const published = driver
      .outputs(featuresTopic)
      .map(({ openTimeMs, values }) => ({ openTimeMs, values: { ...values } }))
    expect(published.length).toBe(409)
    expect(published.some(({ values }) => values.article_count === 2)).toBe(true)
    expect(vectorRows(offline.rest())).toEqual(published)
  })
})

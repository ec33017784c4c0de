import { expect, it } from 'vitest'
import { EVERYTHING, type FeatureName } from '../features/feature-sets.ts'
import { NEWS_FEATURES } from '../features/news-features.ts'
import { VectorColumns } from '../features/vector-columns.ts'
import {
  addSecondStore,
  barDifferenceText,
  compareBars,
  emptyTally,
  type StoredBar,
} from './compare-bars.ts'
import { firstRevisedMs, withoutLate, type SortedCandles } from './second-path.ts'

const MINUTE = 60_000
const market = EVERYTHING.features.filter((name) => name !== 'latest_headline')

/** Columns of these bars, every market feature having one value. */
function madeBars(openTimesMs: readonly number[], value: number): VectorColumns {
  const columns = new VectorColumns(EVERYTHING, market, openTimesMs.length)
  for (const openTimeMs of openTimesMs)
    columns.add(openTimeMs, new Float64Array(market.length).fill(value), undefined)
  return columns
}

const storedBar = (
  value: number,
  more: Record<string, number | string | null> = {},
): StoredBar => ({
  featureSetFingerprint: EVERYTHING.fingerprint,
  values: {
    ...Object.fromEntries(EVERYTHING.features.map((name: FeatureName) => [name, value])),
    latest_headline: null,
    latest_source: null,
    article_count: 0,
    ...more,
  },
})

const given = (stored: ReadonlyMap<number, StoredBar>, made: VectorColumns) => ({
  store: 'clickhouse',
  instrument: 'A',
  made,
  fingerprint: EVERYTHING.fingerprint,
  stored: (ms: number) => stored.get(ms),
  afterMs: -Infinity,
  revisedFromMs: Infinity,
})

it('names the one value that differs in its last bit, and counts the rest as equal', () => {
  const bars = [0, MINUTE, 2 * MINUTE]
  const made = madeBars(bars, 0.1)
  const stored = new Map(
    bars.map((ms) => [ms, storedBar(0.1, { article_count: 0.1, latest_source: null })]),
  )
  const altered = 0.1 + 2 ** -56
  stored.set(MINUTE, storedBar(0.1, { article_count: 0.1, rsi_14: altered }))
  const tally = emptyTally()
  // With articles the news are not compared; everything else is.
  compareBars(given(stored, made), tally)
  expect(tally).toMatchObject({ different: 1, differentBars: 1, comparedBars: 3 })
  expect([...tally.byFeature]).toEqual([['rsi_14', 1]])
  expect(barDifferenceText(tally.first!)).toBe(
    `A, bar that closed at 1970-01-01T00:02:00.000Z: rsi_14 is ${altered} in clickhouse, the second path makes 0.1`,
  )
})

it('counts values by the store that they were read from', () => {
  const made = madeBars([0, MINUTE], 1)
  const [whole, newest] = [emptyTally(), emptyTally()]
  // With articles the news are not compared.
  const articles = { article_count: 1, latest_source: null }
  const bars = [0, MINUTE].map((ms) => [ms, storedBar(1, articles)] as const)
  compareBars(given(new Map(bars), made), whole)
  const altered = new Map([[MINUTE, storedBar(1, { ...articles, rsi_14: 2 })]])
  compareBars({ ...given(altered, made), store: 'redis' }, newest)
  addSecondStore(whole, newest)
  const values = EVERYTHING.features.length - NEWS_FEATURES.length
  expect([...whole.byStore]).toEqual([
    ['clickhouse', { compared: 2 * values, different: 0 }],
    ['redis', { compared: values, different: 1 }],
  ])
  // A bar is one bar, in however many stores.
  expect(whole).toMatchObject({ compared: 3 * values, different: 1, comparedBars: 2 })
  expect(whole.first).toMatchObject({ store: 'redis', feature: 'rsi_14', stored: 2, made: 1 })
  expect([...whole.byFeature]).toEqual([['rsi_14', 1]])
})

it('says why bars are not compared', () => {
  const made = madeBars([0, MINUTE, 2 * MINUTE, 3 * MINUTE], 1)
  const stored = new Map([
    [MINUTE, { ...storedBar(1), featureSetFingerprint: 'older' }],
    [3 * MINUTE, storedBar(7)],
  ])
  const tally = emptyTally()
  compareBars({ ...given(stored, made), afterMs: 0, revisedFromMs: 3 * MINUTE }, tally)
  const values = EVERYTHING.features.length
  expect(tally.comparedBars).toBe(0)
  expect([...tally.notComparable]).toEqual([
    ['other features', values],
    ['not stored', values],
    ['revised candle', values],
  ])
})

it('leaves out what the stream refused as late, and the newest, which may still turn out to be', () => {
  const candle = (minute: number, offset: number) =>
    ({ candle: { openTimeMs: minute * MINUTE }, offset }) as SortedCandles['taken'][number]
  const sorted = withoutLate([
    candle(1, 10),
    candle(2, 14),
    candle(3, 15),
    candle(4, 12),
    candle(5, 13),
  ])
  expect(sorted.taken.map(({ offset }) => offset)).toEqual([10, 12])
  expect(sorted.late.map(({ offset }) => offset)).toEqual([14, 15])
  const filled = new Map([[2 * MINUTE, storedBar(0, { is_backfilled: 1 })]])
  expect(firstRevisedMs(sorted.late, filled)).toBe(Infinity)
  filled.set(3 * MINUTE, storedBar(0, { is_backfilled: 0 }))
  expect(firstRevisedMs(sorted.late, filled)).toBe(3 * MINUTE)
})

/** Compares bars that the second path has made with the rows of a store, feature by feature, bit by bit. */
import type { VectorColumns } from '../features/vector-columns.ts'
import { CANDLE_MS } from '../../streams/topics.ts'
import { NEWS_FEATURES } from '../features/news-features.ts'

/** Features of a bar as a store has them; times in ms. */
export interface StoredBar {
  readonly featureSetFingerprint: string
  readonly values: Readonly<Record<string, number | string | null>>
}

/** Why values are not compared. */
export type Incomparable =
  /** The store has no row of the bar yet. */
  | 'not stored'
  /** The row was made by code with other features. */
  | 'other features'
  /** Which articles were known when the bar was made stands in its lineage alone. */
  | 'articles'
  /** A candle at or before the bar was revised: the store keeps the version that the stream refused. */
  | 'revised candle'

export interface BarTally {
  /** Values. */
  compared: number
  different: number
  /** Bars with a value that differs. */
  differentBars: number
  comparedBars: number
  readonly notComparable: Map<Incomparable, number>
  /** By feature, of those that differ. */
  readonly byFeature: Map<string, number>
  /** Values by the store that they were read from. */
  readonly byStore: Map<string, StoreTally>
  first: BarDifference | undefined
}

export interface StoreTally {
  compared: number
  different: number
}

export interface BarDifference {
  readonly store: string
  readonly instrument: string
  readonly eventTimeMs: number
  readonly feature: string
  readonly stored: number | string | null
  readonly made: number | string | null
}

export const emptyTally = (): BarTally => ({
  compared: 0,
  different: 0,
  differentBars: 0,
  comparedBars: 0,
  notComparable: new Map(),
  byFeature: new Map(),
  byStore: new Map(),
  first: undefined,
})

const NEWS: ReadonlySet<string> = new Set(NEWS_FEATURES.map(({ name }) => name))

export interface Compared {
  readonly store: string
  readonly instrument: string
  /** Made by the second path without any article. */
  readonly made: VectorColumns
  /** Fingerprint of the features made. */
  readonly fingerprint: string
  /** The row of a bar by open time. */
  readonly stored: (openTimeMs: number) => StoredBar | undefined
  /** Bars before it were compared already. */
  readonly afterMs: number
  /** Bars from here on rest on a candle that the store no longer has. */
  readonly revisedFromMs: number
}

/** Compares every made bar and adds to the tally. */
export function compareBars(compared: Compared, tally: BarTally): void {
  const { made, stored, afterMs, revisedFromMs, fingerprint } = compared
  const { length } = made.columns
  for (let row = 0; row < made.length; row += 1) {
    const openTimeMs = made.openTimesMs[row]!
    if (openTimeMs <= afterMs) continue
    if (openTimeMs >= revisedFromMs) count(tally, 'revised candle', length)
    else {
      const bar = stored(openTimeMs)
      if (bar === undefined) count(tally, 'not stored', length)
      else if (bar.featureSetFingerprint !== fingerprint) count(tally, 'other features', length)
      else compareBar(compared, { bar, row, openTimeMs }, tally)
    }
  }
}

function compareBar(
  { made, store, instrument }: Compared,
  { bar, row, openTimeMs }: { bar: StoredBar; row: number; openTimeMs: number },
  tally: BarTally,
): void {
  const hasArticles = (bar.values['article_count'] ?? 0) !== 0
  const { compared, different } = tally
  tally.comparedBars += 1
  for (const column of made.columns) {
    const { name } = column
    if (hasArticles && NEWS.has(name)) {
      count(tally, 'articles', 1)
      continue
    }
    const own = column.values[row] ?? null
    const value = typeof own === 'number' && Number.isNaN(own) ? null : own
    const is = bar.values[name] ?? null
    tally.compared += 1
    if (Object.is(value, is)) continue
    tally.different += 1
    tally.byFeature.set(name, (tally.byFeature.get(name) ?? 0) + 1)
    const eventTimeMs = openTimeMs + CANDLE_MS
    tally.first ??= { store, instrument, eventTimeMs, feature: name, stored: is, made: value }
  }
  if (tally.different > different) tally.differentBars += 1
  addToStore(tally, store, {
    compared: tally.compared - compared,
    different: tally.different - different,
  })
}

function addToStore({ byStore }: BarTally, store: string, more: StoreTally): void {
  const before = byStore.get(store) ?? { compared: 0, different: 0 }
  byStore.set(store, {
    compared: before.compared + more.compared,
    different: before.different + more.different,
  })
}

/**
 * Adds what was found in a second store of the same bars; which bars could not be compared stands in
 * the tally of the first.
 */
export function addSecondStore(tally: BarTally, second: BarTally): void {
  tally.compared += second.compared
  tally.different += second.different
  tally.differentBars += second.differentBars
  tally.first ??= second.first
  for (const [name, values] of second.byFeature)
    tally.byFeature.set(name, (tally.byFeature.get(name) ?? 0) + values)
  for (const [store, values] of second.byStore) addToStore(tally, store, values)
}

const count = ({ notComparable }: BarTally, reason: Incomparable, values: number): void =>
  void notComparable.set(reason, (notComparable.get(reason) ?? 0) + values)

export const barDifferenceText = (difference: BarDifference): string =>
  `${difference.instrument}, bar that closed at ${new Date(difference.eventTimeMs).toISOString()}: ` +
  `${difference.feature} is ${shown(difference.stored)} in ${difference.store}, ` +
  `the second path makes ${shown(difference.made)}`

const shown = (value: number | string | null): string =>
  typeof value === 'string' ? JSON.stringify(value) : String(value)

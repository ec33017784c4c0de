/**
 * The past must not change with the future. At each cut the computation runs afresh over what lies
 * around it, once with what did come and once for each of several futures that might have come
 * instead; every bar that closed before the futures part must be equal to the last bit. Then the
 * first run is made again: state that survives from one run into the next shows there.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import { Random } from '../../../streams/sources/simulation/random.ts'
import { CANDLE_MS } from '../../../streams/topics.ts'
import { ALTERED_FUTURES, otherArticles, type AlteredFuture } from './altered-future.ts'
import type { Checked, CheckedInput } from './computation.ts'
import type { Findings } from './findings.ts'
import { VectorTable, type Texts } from './vector-table.ts'

/** Candles before a cut: the longest window (1,460 bars) is full for a good part of them. */
const PAST_CANDLES = 2_000
/** Candles after it: more than the longest filled gap. */
const FUTURE_CANDLES = 400
/** Articles known before the first candle: a day, as long as repetitions are looked for, and an hour. */
const NEWS_BEFORE_MS = 25 * 3_600_000
/** Futures tried at a cut, in turn; the first (nothing comes) always. */
const FUTURES_A_CUT = 3

export interface CutsOptions {
  readonly checked: Checked
  readonly input: CheckedInput
  readonly cuts: readonly number[]
  readonly seed: number
  readonly findings: Findings
  readonly texts: Texts
}

interface Around {
  readonly past: readonly Candle[]
  readonly future: readonly Candle[]
  readonly instrument: string
  readonly pastArticles: readonly News[]
  readonly futureArticles: readonly News[]
  /** Close of the newest candle of the past. */
  readonly cutMs: number
}

/** Yields after every cut. */
export function* checkCuts(options: CutsOptions): Generator<void> {
  const { checked, cuts, findings, seed, texts } = options
  for (const [index, cut] of cuts.entries()) {
    const around = aroundCut(options.input, cut)
    const random = new Random(seed, `cut ${cut}`)
    const truth = tableOf(checked, around.past, around.future, articlesOf(around), texts)
    findings.nextPoint()
    for (const [turn, future] of futuresAt(index).entries()) {
      const altered = future.alter(around.future, random, checked.maxFillMinutes)
      const newsToo = (index + turn) % 2 === 0
      const futureArticles = newsToo
        ? otherArticles(around.futureArticles, around, random)
        : around.futureArticles
      const articles = [...around.pastArticles, ...futureArticles]
      const got = tableOf(checked, around.past, altered, articles, texts)
      comparePast({ checked, around, altered, future, newsToo, truth, got, findings })
    }
    const again = tableOf(checked, around.past, around.future, articlesOf(around), texts)
    for (let row = 0; row < truth.length && row < again.length; row++)
      findings.compare({ expected: truth, row, got: again, gotRow: row }, () => SURVIVES)
    yield
  }
}

const SURVIVES = 'the same input, computed again, gives another value: state survives a reset'

function aroundCut({ candles, articles }: CheckedInput, cut: number): Around {
  const past = candles.slice(Math.max(0, cut - PAST_CANDLES), cut)
  const cutMs = past.at(-1)!.openTimeMs + CANDLE_MS
  const fromMs = past[0]!.openTimeMs - NEWS_BEFORE_MS
  const future = candles.slice(cut, cut + FUTURE_CANDLES)
  const toMs = (future.at(-1) ?? past.at(-1)!).openTimeMs + CANDLE_MS
  const near = articles.filter(
    ({ availableAtMs }) => availableAtMs >= fromMs && availableAtMs <= toMs,
  )
  return {
    past,
    future,
    instrument: past[0]!.instrument,
    pastArticles: near.filter(({ availableAtMs }) => availableAtMs <= cutMs),
    futureArticles: near.filter(({ availableAtMs }) => availableAtMs > cutMs),
    cutMs,
  }
}

const articlesOf = ({ pastArticles, futureArticles }: Around): News[] => [
  ...pastArticles,
  ...futureArticles,
]

function tableOf(
  { compute, features }: Checked,
  past: readonly Candle[],
  future: readonly Candle[],
  articles: readonly News[],
  texts: Texts,
): VectorTable {
  return VectorTable.of(compute({ candles: [...past, ...future], articles }), features, texts)
}

function futuresAt(index: number): AlteredFuture[] {
  const [nothing, ...others] = ALTERED_FUTURES
  const turn = Array.from(
    { length: FUTURES_A_CUT - 1 },
    (_, i) => others[(index * (FUTURES_A_CUT - 1) + i) % others.length]!,
  )
  return [nothing!, ...turn]
}

interface Comparison {
  readonly checked: Checked
  readonly around: Around
  readonly altered: readonly Candle[]
  readonly future: AlteredFuture
  /** Whether the articles after the cut were altered as well. */
  readonly newsToo: boolean
  readonly truth: VectorTable
  readonly got: VectorTable
  readonly findings: Findings
}

/**
 * Bars up to the cut must be there and equal. Bars that fill the gap behind it are known only when a
 * candle ends it: they need not be there in both, but where they are, they are equal.
 */
function comparePast(comparison: Comparison): void {
  const { checked, around, altered, future, newsToo, truth, got, findings } = comparison
  const { cutMs } = around
  // The bar of a candle that is held until the next one comes.
  const heldMs = isHeld(around.past, checked.heldAfterMs) ? cutMs : NaN
  const closes = [around.future[0], altered[0]].map((candle) =>
    candle === undefined ? Infinity : candle.openTimeMs + CANDLE_MS,
  )
  // A bar that fills the gap may know of other articles.
  const partMs = newsToo ? cutMs + 1 : Math.min(...closes)
  const what = () =>
    `the candles ${newsToo ? 'and articles ' : ''}after ${iso(cutMs)} were ${future.name}`
  for (let row = 0; row < truth.length && truth.eventTimeMs(row) < partMs; row++) {
    const openTimeMs = truth.openTimeMs(row)
    const gotRow = got.rowOf(openTimeMs)
    if (gotRow !== undefined) findings.compare({ expected: truth, row, got, gotRow }, what)
    else if (truth.eventTimeMs(row) === heldMs) continue
    else if (truth.eventTimeMs(row) <= cutMs || future.keepsTimes)
      findings.missing(openTimeMs, `the bar is missing when ${what()}`)
  }
  for (let row = 0; row < got.length && got.eventTimeMs(row) <= cutMs; row++)
    if (truth.rowOf(got.openTimeMs(row)) === undefined && got.eventTimeMs(row) !== heldMs)
      findings.missing(got.openTimeMs(row), `the bar exists only when ${what()}`)
}

function isHeld(past: readonly Candle[], heldAfterMs = Infinity): boolean {
  const [before, last] = [past.at(-2), past.at(-1)]
  return (
    before !== undefined && last !== undefined && last.openTimeMs - before.openTimeMs > heldAfterMs
  )
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 16) + 'Z'

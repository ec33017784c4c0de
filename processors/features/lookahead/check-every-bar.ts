/**
 * Every bar of the input, for a computation that takes one candle at a time. Such a computation can
 * only know the future in four ways, and each is looked at behind every candle:
 *   1. a vector is handed out later than its bar closed (bars that fill a gap always are): forks of
 *      the run get other candles instead, and those vectors must not change;
 *   2. a vector is changed after it was handed out;
 *   3. something outside the state remembers: the run must equal one that was made before any fork;
 *   4. articles lie in the state before they are available: this run is given each only when it is,
 *      the one it is compared with has them all from the beginning.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import { Random } from '../../../streams/sources/simulation/random.ts'
import { CANDLE_MS } from '../../../streams/topics.ts'
import { madeUpArticle, otherCandle } from './altered-future.ts'
import type { CheckedInput, CheckedVector, SteppedRun } from './computation.ts'
import type { Findings } from './findings.ts'
import { VectorTable, type Texts } from './vector-table.ts'

/** Vectors are looked at again when this many later ones have been handed out. */
const HELD_VECTORS = 256
/** Most candles a vector may come late and still be followed to where it comes. */
const LATENESS_MAX = 32
/** Candles between two progress marks. */
const PROGRESS_CANDLES = 500
/** Most gaps that are made up have a few minutes, as real ones; every so often one is long. */
const LONG_GAP_EVERY = 64
const SHORT_GAP_MINUTES = 4

export interface EveryBarOptions {
  readonly open: () => SteppedRun
  readonly input: CheckedInput
  /** The vectors of the whole input, computed before. */
  readonly truth: VectorTable
  readonly features: readonly string[]
  readonly maxFillMinutes: number
  readonly seed: number
  readonly findings: Findings
  readonly texts: Texts
}

/** Yields the number of candles since the last yield. */
export function* checkEveryBar(options: EveryBarOptions): Generator<number> {
  const check = new EveryBarCheck(options)
  const { candles } = options.input
  let told = 0
  for (let i = 0; i < candles.length && check.isWithinTruth(candles[i]!); i++) {
    check.candle(i)
    if (i - told === PROGRESS_CANDLES) {
      yield i - told
      told = i
    }
  }
  check.lookAtHeld(0)
}

class EveryBarCheck {
  private readonly options: EveryBarOptions
  private readonly run: SteppedRun
  private readonly random: Random
  private readonly held: { readonly row: number; readonly vector: CheckedVector }[] = []
  private nextArticle = 0
  /** Candles after the close of its bar until a vector came, at most so far. */
  private lateness = 0

  constructor(options: EveryBarOptions) {
    this.options = options
    this.random = new Random(options.seed, 'every bar')
    this.run = options.open()
  }

  /** The truth may have been cut off at its bound. */
  isWithinTruth({ openTimeMs }: Candle): boolean {
    const { truth } = this.options
    return truth.length > 0 && openTimeMs <= truth.openTimeMs(truth.length - 1)
  }

  candle(index: number): void {
    const { input, findings } = this.options
    const candle = input.candles[index]!
    findings.nextPoint()
    this.takeArticlesUntil(candle.openTimeMs + CANDLE_MS)
    if (index > 0) {
      const gapBefore = candle.openTimeMs - input.candles[index - 1]!.openTimeMs > CANDLE_MS
      if (gapBefore || this.lateness > 0) this.tryOtherCandles(index)
      this.tryMadeUpGap(index)
    }
    const vectors = this.run.takeCandle(candle)
    for (const vector of vectors) this.take(vector, index)
    this.lookAtHeld(HELD_VECTORS)
  }

  /** Ways 3 and 4. */
  private take(vector: CheckedVector, index: number): void {
    const { truth, features, texts, findings } = this.options
    const row = truth.rowOf(vector.openTimeMs)
    if (row === undefined) {
      const when = 'articles are given as they become available, and not when all are known before'
      return findings.missing(vector.openTimeMs, `the bar exists when ${when}`)
    }
    const got = VectorTable.ofFew([vector], features, texts)
    findings.compare({ expected: truth, row, got, gotRow: 0 }, () =>
      this.options.input.articles.length > 0
        ? 'articles were given as they became available instead of all before, or state survives a reset'
        : 'the same input, computed again, gives another value: state survives a reset',
    )
    this.held.push({ row, vector })
    this.lateness = Math.max(this.lateness, this.latenessOf(vector, index))
  }

  /** Way 2. */
  lookAtHeld(keep: number): void {
    const { truth, features, texts, findings } = this.options
    while (this.held.length > keep) {
      const { row, vector } = this.held.shift()!
      const got = VectorTable.ofFew([vector], features, texts)
      findings.compare(
        { expected: truth, row, got, gotRow: 0 },
        () => 'the vector was changed after it was handed out',
      )
    }
  }

  /** Way 1, with candles of the same minutes: the same bars must come. */
  private tryOtherCandles(index: number): void {
    const { input, truth, features, texts, findings } = this.options
    const depth = Math.min(LATENESS_MAX, Math.max(1, this.lateness))
    const future = input.candles.slice(index, index + depth)
    const closeMs = future[0]!.openTimeMs + CANDLE_MS
    const fork = this.run.fork()
    const vectors = future.flatMap((candle) => fork.takeCandle(otherCandle(candle, this.random)))
    const got = VectorTable.ofFew(vectors, features, texts)
    const what = () => 'later candles were changed'
    for (let gotRow = 0; gotRow < got.length; gotRow++) {
      if (got.eventTimeMs(gotRow) >= closeMs) continue
      const row = truth.rowOf(got.openTimeMs(gotRow))
      if (row !== undefined) findings.compare({ expected: truth, row, got, gotRow }, what)
      else findings.missing(got.openTimeMs(gotRow), `the bar exists only when ${what()}`)
    }
    const fromMs = input.candles[index - 1]!.openTimeMs + CANDLE_MS
    for (let openTimeMs = fromMs; openTimeMs < future[0]!.openTimeMs; openTimeMs += CANDLE_MS)
      if (truth.rowOf(openTimeMs) !== undefined && got.rowOf(openTimeMs) === undefined)
        findings.missing(openTimeMs, `the bar is missing when ${what()}`)
  }

  /** Way 1, with a gap behind this place that two different candles end: the bars that fill it are equal. */
  private tryMadeUpGap(index: number): void {
    const { input, features, maxFillMinutes, texts, findings } = this.options
    const before = input.candles[index - 1]!
    const gapMinutes = this.gapMinutes(index, maxFillMinutes)
    if (gapMinutes === 0) return
    const firstMs = before.openTimeMs + (gapMinutes + 1) * CANDLE_MS
    const first = otherCandle({ ...before, openTimeMs: firstMs }, this.random)
    const laterMinutes = this.random.uniform() < 0.5 ? 0 : 1
    const second = otherCandle(
      { ...before, openTimeMs: firstMs + laterMinutes * CANDLE_MS },
      this.random,
    )
    const expected = VectorTable.ofFew(this.run.fork().takeCandle(first), features, texts)
    const other = this.run.fork()
    if (input.articles.length > 0)
      other.takeArticle(lateArticle(before.instrument, firstMs, this.random))
    const got = VectorTable.ofFew(other.takeCandle(second), features, texts)
    // One of the two is no candle of this instrument, for example outside its trading hours.
    if (expected.length === 0 || got.length === 0) return
    const news = input.articles.length > 0 ? ', and an article became available later' : ''
    const what = () =>
      `another candle ended a gap of ${gapMinutes} minutes made up behind it${news}`
    for (let row = 0; row < expected.length; row++) {
      if (expected.openTimeMs(row) >= firstMs) continue
      const gotRow = got.rowOf(expected.openTimeMs(row))
      if (gotRow !== undefined) findings.compare({ expected, row, got, gotRow }, what)
      else if (gapMinutes + laterMinutes <= maxFillMinutes)
        findings.missing(expected.openTimeMs(row), `the bar is missing when ${what()}`)
    }
  }

  private gapMinutes(index: number, maxFillMinutes: number): number {
    const most = index % LONG_GAP_EVERY === 0 ? maxFillMinutes : SHORT_GAP_MINUTES
    return Math.min(maxFillMinutes, 1 + Math.floor(this.random.uniform() * most))
  }

  private takeArticlesUntil(timeMs: number): void {
    const { articles } = this.options.input
    for (; this.nextArticle < articles.length; this.nextArticle++) {
      const article = articles[this.nextArticle]!
      if (article.availableAtMs > timeMs) return
      this.run.takeArticle(article)
    }
  }

  private latenessOf({ openTimeMs }: CheckedVector, index: number): number {
    const { candles } = this.options.input
    let late = 0
    while (
      late < LATENESS_MAX &&
      index - late > 0 &&
      candles[index - late]!.openTimeMs > openTimeMs
    )
      late += 1
    // A bar that fills a gap comes with the candle that ends it: one late, whatever its length.
    return late === 1 && candles[index - 1]!.openTimeMs < openTimeMs ? 0 : late
  }
}

/** Published before the gap ended, available only after. */
function lateArticle(instrument: string, availableAfterMs: number, random: Random): News {
  const publishedAtMs = availableAfterMs - Math.ceil(random.uniform() * 30) * CANDLE_MS
  return madeUpArticle(
    { publishedAtMs, availableAtMs: availableAfterMs + 1, instruments: [instrument] },
    random,
  )
}

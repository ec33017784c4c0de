/**
 * What the look-ahead check takes: any computation of vectors from candles and articles. The features
 * processor is one (`processor-computation.ts`); the tests plant leaks into others.
 */
import type { Candle, News } from '../../../schemas/generated.ts'

/** NaN does not occur; null is null. */
export type FeatureValue = number | string | null

export interface CheckedVector {
  /** Start of the bar's minute, UTC, ms. */
  readonly openTimeMs: number
  /** Close of the bar: nothing that came to be known later may be in the vector. */
  readonly eventTimeMs: number
  readonly values: Readonly<Record<string, FeatureValue>>
}

export interface CheckedInput {
  /** Of one instrument, valid, ascending in time. */
  readonly candles: readonly Candle[]
  /** In the order in which they became available. */
  readonly articles: readonly News[]
}

/** Starts afresh at every call: nothing may survive from the call before. */
export type Computation = (input: CheckedInput) => Iterable<CheckedVector>

/** The same computation, a candle at a time. */
export interface SteppedRun {
  /** An article that has become known; it may be available only later. */
  takeArticle(article: News): void
  /** @returns the vectors that the candle completes. */
  takeCandle(candle: Candle): readonly CheckedVector[]
  /** A run that goes on from here and shares nothing with this one. */
  fork(): SteppedRun
}

/** What is checked, and what is claimed of it. */
export interface Checked {
  readonly compute: Computation
  /** Missing: a function that cannot be stepped; it is then checked at the cut points only. */
  readonly open?: () => SteppedRun
  /** Names in the order of the report. */
  readonly features: readonly string[]
  readonly claimOf: (feature: string) => Claim
  /** The first session start after a time, UTC, ms. */
  readonly nextSessionMs: (timeMs: number) => number
  /** Longest gap that is filled, minutes. */
  readonly maxFillMinutes: number
  /** A candle this much later than the one before has its bar only with the next candle; unset: none. */
  readonly heldAfterMs?: number | undefined
}

/** What is claimed of a feature's dependence on where the computation started. */
export interface Claim {
  /** Bars until the first value, exactly, where every input is there. */
  readonly warmupBars: number
  /**
   * Bars from which on the value no longer depends on the start. Counted from the start; of a
   * `session` feature from the first session start after it; of a `fading` one in bars that are
   * candles, since nothing fades while nothing happens.
   */
  readonly settledBars: number
  readonly kind: 'window' | 'fading' | 'session'
}

/**
 * What a feature knows of where the computation started. It is started again at many candles, and its
 * values are held against those of the run that began with the file:
 *   - the first value must come at exactly the declared bar, never earlier, and never later where
 *     the long run has one (what fades: after as many candles);
 *   - from the bar on at which it claims to have settled it must agree with the long run.
 *
 * "Agree" is to 1e-9 of the value or of its usual size (the root of its mean square), whichever is
 * larger. A window of n bars agrees as soon as it is full. An exponential average never forgets its
 * start in exact arithmetic, but its weight falls below any size: that is what is declared for it.
 */
import { CANDLE_MS } from '../../../streams/topics.ts'
import type { Checked, CheckedInput, Claim } from './computation.ts'
import { VectorTable, type Texts } from './vector-table.ts'

const AGREEMENT = 1e-9
/** Bars beyond the longest claim that are looked at, so that a claim which is too short shows. */
const BEYOND_BARS = 400

export interface WarmUp {
  readonly claim: Claim
  /** Bars from the start to the first value, over all starts; NaN: it never had one. */
  readonly firstValueBar: number
  /** Bars, counted as the claim says, from which on it agreed with the long run at every start. */
  readonly neededBars: number
  /** What contradicts the claim, in words; undefined: nothing. */
  readonly fault: string | undefined
}

export interface WarmUpOptions {
  readonly checked: Checked
  readonly input: CheckedInput
  /** Candles to start at, as numbers of candles before them. */
  readonly starts: readonly number[]
  /** The vectors of the whole input. */
  readonly truth: VectorTable
  readonly texts: Texts
}

/** Yields after every start; returns one entry a feature. */
export function* checkWarmUp(options: WarmUpOptions): Generator<void, readonly WarmUp[]> {
  const { checked, input, starts, truth, texts } = options
  const claims = checked.features.map(checked.claimOf)
  const watches = claims.map((claim, column) => new Watch(claim, usualSize(truth, column)))
  const bars = Math.max(...claims.map(({ settledBars }) => settledBars)) + BEYOND_BARS
  const originals = new Set(input.candles.map(({ openTimeMs }) => openTimeMs))
  for (const start of starts) {
    const { openTimeMs } = input.candles[start]!
    const before = input.candles[start - 1]?.openTimeMs ?? openTimeMs - CANDLE_MS
    const candles = input.candles.slice(start, start + bars)
    const got = VectorTable.of(
      checked.compute({ candles, articles: input.articles }),
      checked.features,
      texts,
      2 * bars,
    )
    const sessionMs = checked.nextSessionMs(before)
    watches.forEach((watch, column) => watch.begin(column))
    let candlesSeen = 0
    for (let row = 0; row < got.length; row++) {
      const timeMs = got.openTimeMs(row)
      const truthRow = truth.rowOf(timeMs)
      if (truthRow === undefined) break
      if (originals.has(timeMs)) candlesSeen += 1
      const place = { bar: row + 1, candlesSeen, inSession: timeMs >= sessionMs }
      for (const [column, watch] of watches.entries())
        watch.bar(place, got.number(row, column), truth.number(truthRow, column))
    }
    yield
  }
  return watches.map((watch) => watch.result())
}

function usualSize(table: VectorTable, column: number): number {
  let squares = 0
  let count = 0
  for (let row = 0; row < table.length; row++) {
    const value = table.number(row, column)
    if (Number.isNaN(value)) continue
    squares += value * value
    count += 1
  }
  return count === 0 ? 0 : Math.sqrt(squares / count)
}

interface Place {
  /** From 1. */
  readonly bar: number
  readonly candlesSeen: number
  /** Whether a session has begun since the start. */
  readonly inSession: boolean
}

/** One feature through all starts. */
class Watch {
  private readonly claim: Claim
  private readonly tolerance: number
  private firstValueBar = Infinity
  private neededBars = 0
  private missed = false
  private early = Infinity
  /** Of this start. */
  private hasValue = false
  private sessionBars = 0
  private started = 0

  constructor(claim: Claim, usualSize: number) {
    this.claim = claim
    this.tolerance = AGREEMENT * usualSize
  }

  begin(_column: number): void {
    this.hasValue = false
    this.sessionBars = 0
    this.started += 1
  }

  bar({ bar, candlesSeen, inSession }: Place, got: number, truth: number): void {
    const { claim } = this
    if (inSession) this.sessionBars += 1
    if (!Number.isNaN(got) && !this.hasValue) {
      this.hasValue = true
      this.firstValueBar = Math.min(this.firstValueBar, bar)
      if (bar < claim.warmupBars) this.early = Math.min(this.early, bar)
    }
    // Fill bars do not move: what fades has seen no range in them yet, and must not divide by it.
    const seen = claim.kind === 'fading' ? candlesSeen : bar
    if (seen >= claim.warmupBars && Number.isNaN(got) && !Number.isNaN(truth)) this.missed = true
    const agrees = Object.is(got, truth) || Math.abs(got - truth) <= this.allowed(got, truth)
    if (agrees) return
    const count =
      claim.kind === 'session' ? this.sessionBars : claim.kind === 'fading' ? candlesSeen : bar
    this.neededBars = Math.max(this.neededBars, count + 1)
  }

  result(): WarmUp {
    const { claim, firstValueBar } = this
    const hasValue = firstValueBar < Infinity
    const least = claim.kind === 'session' ? 1 : firstValueBar
    const neededBars = hasValue ? Math.max(this.neededBars, least) : NaN
    return {
      claim,
      firstValueBar: hasValue ? firstValueBar : NaN,
      neededBars,
      fault: hasValue ? this.faultOf(neededBars) : undefined,
    }
  }

  private faultOf(neededBars: number): string | undefined {
    const { claim } = this
    if (this.early < Infinity)
      return `has a value at bar ${this.early}, declared are ${claim.warmupBars} bars of warm-up`
    if (this.missed)
      return `has no value after its ${claim.warmupBars} bars of warm-up, though the long run has`
    if (neededBars > claim.settledBars)
      return `still depends on its start after ${claim.settledBars} bars: ${neededBars} are needed`
    return undefined
  }

  private allowed(got: number, truth: number): number {
    return Math.max(this.tolerance, AGREEMENT * Math.max(Math.abs(got), Math.abs(truth)))
  }
}

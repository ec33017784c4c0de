/**
 * The look-ahead check: no vector may know what came after its bar, no value may survive from one run
 * to the next, and no feature may depend on its start longer than it declares.
 *
 * Memory: the input, one table of all bars (8 bytes a value, at most {@link BARS_MAX} bars) and
 * tables of a few thousand bars around one point at a time.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import { Random } from '../../../streams/sources/simulation/random.ts'
import { checkCuts } from './check-cuts.ts'
import { checkEveryBar } from './check-every-bar.ts'
import { checkWarmUp, type WarmUp } from './check-warm-up.ts'
import type { Checked, CheckedInput } from './computation.ts'
import { cutPoints } from './cut-points.ts'
import { Findings, type Leak } from './findings.ts'
import { Texts, VectorTable } from './vector-table.ts'

/** 200,000 bars of 119 features are 190 MB. */
export const BARS_MAX = 200_000

export interface CheckOptions {
  readonly checked: Checked
  readonly candles: readonly Candle[]
  readonly articles: readonly News[]
  /** Cut points, and as many starts as a quarter of them. */
  readonly points: number
  readonly seed: number
}

export interface FeatureResult {
  readonly feature: string
  /** Places at which it had a value and an altered future was tried. */
  readonly points: number
  /** Places at which it differed. */
  readonly leaks: number
  readonly firstLeak: Leak | undefined
  readonly warmUp: WarmUp
  /** 'unchecked': it never had a value, so nothing was shown of it. */
  readonly verdict: 'ok' | 'leak' | 'warm-up' | 'unchecked'
}

export interface CheckResult {
  readonly bars: number
  readonly cuts: number
  readonly starts: number
  /** Whether every bar was looked at, and not the cut points alone. */
  readonly everyBar: boolean
  readonly features: readonly FeatureResult[]
}

export interface CheckProgress {
  readonly done: number
  readonly total: number
}

/** What a cut costs, in candles of the pass over every bar. */
const CANDLES_A_CUT = 400
const CANDLES_A_START = 100

/** Yields how far it is; returns the result. */
export function* checkLookahead(options: CheckOptions): Generator<CheckProgress, CheckResult> {
  const { checked, seed, points } = options
  const texts = new Texts()
  const findings = new Findings(checked.features)
  const input: CheckedInput = { candles: options.candles, articles: options.articles }
  // First, before anything else has run: what a past run leaves behind must not be part of the truth.
  const truth = VectorTable.of(checked.compute(input), checked.features, texts, BARS_MAX)
  const given = { ...input, nextSessionMs: checked.nextSessionMs }
  const cuts = cutPoints({ ...given, points, random: new Random(seed, 'cuts') })
  const starts = cutPoints({
    ...given,
    points: Math.ceil(points / 4),
    random: new Random(seed, 'starts'),
  })
  const everyBar = checked.open !== undefined
  const total =
    cuts.length * CANDLES_A_CUT +
    starts.length * CANDLES_A_START +
    (everyBar ? input.candles.length : 0)
  let done = 0
  const pass = (candles: number): CheckProgress => ({ done: (done += candles), total })

  for (const _ of checkCuts({ checked, input, cuts, seed, findings, texts }))
    yield pass(CANDLES_A_CUT)
  if (checked.open !== undefined) {
    const { open, features, maxFillMinutes } = checked
    for (const candles of checkEveryBar({
      open,
      input,
      truth,
      features,
      maxFillMinutes,
      seed,
      findings,
      texts,
    }))
      yield pass(candles)
  }
  const warmUps = yield* mapped(checkWarmUp({ checked, input, starts, truth, texts }), () =>
    pass(CANDLES_A_START),
  )
  return {
    bars: truth.length,
    cuts: cuts.length,
    starts: starts.length,
    everyBar,
    features: checked.features.map((feature, column) =>
      resultOf({ feature, column, findings, warmUp: warmUps[column]! }),
    ),
  }
}

function* mapped<From, To, Result>(
  generator: Generator<From, Result>,
  map: (value: From) => To,
): Generator<To, Result> {
  for (;;) {
    const next = generator.next()
    if (next.done === true) return next.value
    yield map(next.value)
  }
}

function resultOf(given: {
  feature: string
  column: number
  findings: Findings
  warmUp: WarmUp
}): FeatureResult {
  const { feature, column, findings, warmUp } = given
  const leaks = findings.leaksOf(column)
  const points = findings.pointsOf(column)
  return {
    feature,
    points,
    leaks,
    firstLeak: findings.firstLeakOf(column),
    warmUp,
    verdict:
      leaks > 0
        ? 'leak'
        : points === 0 || Number.isNaN(warmUp.firstValueBar)
          ? 'unchecked'
          : warmUp.fault !== undefined
            ? 'warm-up'
            : 'ok',
  }
}

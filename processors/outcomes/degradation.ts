/** When a model counts as worse than it promised, and when again not: pure, with hysteresis. */

export interface DegradationSettings {
  /** Error over test error from which on it counts as worse, for example 1.2. */
  readonly ratio: number
  /** Minutes of outcomes that are looked at; one of the windows of model-quality.v1. */
  readonly windowMinutes: number
}

/** Fewer outcomes than this say nothing; what was said before stands. */
const OUTCOMES_MIN = 100
/** Share of the margin that must be won back before it is over: no flapping about the threshold. */
const RECOVERY_SHARE = 0.5
/**
 * Brier scores of directions lie close to 0.25 and never reach 1.2 times that by bad luck: a quarter
 * of the margin is asked of them.
 */
const BRIER_MARGIN_SHARE = 0.25

export interface ObservedError {
  readonly objective: string
  /** RMSE or Brier score over the window. */
  readonly error: number | null
  readonly testError: number | null
  readonly outcomes: number
}

/** The error from which on a model of this objective counts as worse; null without a promise. */
export function degradationThreshold(
  { ratio }: DegradationSettings,
  { objective, testError }: Pick<ObservedError, 'objective' | 'testError'>,
): number | null {
  if (testError === null || !(testError > 0)) return null
  return testError * (1 + marginOf(ratio, objective))
}

/** @returns whether it counts as worse from now on, given whether it did before. */
export function isDegraded(
  settings: DegradationSettings,
  observed: ObservedError,
  before: boolean,
): boolean {
  const { objective, error, testError, outcomes } = observed
  const threshold = degradationThreshold(settings, observed)
  if (threshold === null || testError === null || error === null || outcomes < OUTCOMES_MIN)
    return before
  if (error > threshold) return true
  const recovered = testError * (1 + RECOVERY_SHARE * marginOf(settings.ratio, objective))
  return before && error > recovered
}

const marginOf = (ratio: number, objective: string): number =>
  (ratio - 1) * (objective === 'classification' ? BRIER_MARGIN_SHARE : 1)

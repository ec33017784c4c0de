/**
 * When a version that answers is taken back: a pure step over what was seen since the last look.
 * One bad look is not enough and one good look forgives one bad one, so a burst does not take a
 * version back, and neither does a version flap: once taken back it returns by a decision only.
 */
export interface GuardLimits {
  /** Share of calls that may fail, 0 to 1. */
  readonly errorShareMax: number
  /** Mean duration of a call over that of the champion. */
  readonly latencyRatioMax: number
  /** Live RMSE over that of the champion on the same outcomes. */
  readonly rmseRatioMax: number
  /** Live Brier score over that of the champion on the same outcomes. */
  readonly brierRatioMax: number
}

/** Calls of a version between two looks. */
export interface CallTally {
  readonly calls: number
  readonly failures: number
  readonly seconds: number
}

/** RMSE (percent) or Brier scores of two versions on the same outcomes. */
export interface PairedScore {
  readonly outcomes: number
  readonly own: number
  readonly champion: number
}

export interface GuardLook {
  readonly own: CallTally
  /** Unset where the version is the champion itself. */
  readonly champion: CallTally | undefined
  /** Of regressions. */
  readonly rmse: PairedScore | undefined
  /** Of classifications. */
  readonly brier: PairedScore | undefined
}

export interface GuardState {
  /** Bad looks less good ones, never below 0. */
  badLooks: number
  /** What the newest bad look found, in words. */
  reason: string
}

/** Looks with fewer calls or outcomes say nothing. */
const CALLS_MIN = 20
const OUTCOMES_MIN = 200
/** Bad looks in excess of good ones after which a version is taken back. */
export const BAD_LOOKS_MAX = 3
/** Calls this quick are never too slow, in seconds. */
const QUICK_SECONDS = 0.005

export const newGuardState = (): GuardState => ({ badLooks: 0, reason: '' })

/** @returns whether the version is to be taken back; `state.reason` says why. */
export function guardStep(state: GuardState, look: GuardLook, limits: GuardLimits): boolean {
  const fault = faultOf(look, limits)
  if (fault === undefined) {
    state.badLooks = Math.max(0, state.badLooks - 1)
    return false
  }
  state.badLooks += 1
  state.reason = fault
  return state.badLooks >= BAD_LOOKS_MAX
}

function faultOf(
  { own, champion, rmse, brier }: GuardLook,
  limits: GuardLimits,
): string | undefined {
  if (own.calls >= CALLS_MIN && own.failures / own.calls > limits.errorShareMax)
    return `${own.failures} of ${own.calls} calls failed, more than ${percent(limits.errorShareMax)}`
  if (champion !== undefined && champion.calls >= CALLS_MIN && own.calls >= CALLS_MIN) {
    const [mean, usual] = [own.seconds / own.calls, champion.seconds / champion.calls]
    if (mean > QUICK_SECONDS && mean > limits.latencyRatioMax * usual)
      return `a call takes ${ms(mean)} ms, more than ${limits.latencyRatioMax} times the ${ms(usual)} ms of the champion`
  }
  if (rmse !== undefined && rmse.outcomes >= OUTCOMES_MIN) {
    if (rmse.own > limits.rmseRatioMax * rmse.champion)
      return `its RMSE over ${rmse.outcomes} outcomes is ${rmse.own.toFixed(5)} %, more than ${limits.rmseRatioMax} times the ${rmse.champion.toFixed(5)} % of the champion`
  }
  if (brier !== undefined && brier.outcomes >= OUTCOMES_MIN) {
    if (brier.own > limits.brierRatioMax * brier.champion)
      return `its Brier score over ${brier.outcomes} outcomes is ${brier.own.toFixed(5)}, more than ${limits.brierRatioMax} times the ${brier.champion.toFixed(5)} of the champion (always saying one half: 0.25)`
  }
  return undefined
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const ms = (seconds: number): string => (1_000 * seconds).toFixed(2)

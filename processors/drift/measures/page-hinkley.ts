/**
 * Page-Hinkley test: has the mean of a stream risen or fallen for good? (Page 1954; Hinkley 1971; the
 * form with a forgetting factor as in River's `PageHinkley`, which its golden values are from.)
 *
 * Two sums of what a value is above or below the mean so far, less what is tolerated; a change is
 * reported where the one has risen, or the other fallen, by more than the threshold from its extreme.
 * After a change it starts anew. It promises no rate of false alarms.
 */
export interface PageHinkleyOptions {
  /** Values before the first change may be reported. */
  readonly warmup: number
  /** Deviation from the mean that is tolerated, in units of the values. */
  readonly tolerance: number
  readonly threshold: number
  /** Factor by which the sums are forgotten with each value, at most 1. */
  readonly forgetting: number
}

export const PAGE_HINKLEY: PageHinkleyOptions = {
  warmup: 30,
  tolerance: 0.005,
  threshold: 50,
  forgetting: 0.9999,
}

export interface PageHinkleyState {
  count: number
  mean: number
  rising: number
  lowestRising: number
  falling: number
  highestFalling: number
}

export const pageHinkley = (): PageHinkleyState => ({
  count: 0,
  mean: 0,
  rising: 0,
  lowestRising: Infinity,
  falling: 0,
  highestFalling: -Infinity,
})

/** Takes a value; returns whether and where to the mean has changed. Afterwards the state is fresh. */
export function stepPageHinkley(
  state: PageHinkleyState,
  value: number,
  options: PageHinkleyOptions = PAGE_HINKLEY,
): 'rose' | 'fell' | undefined {
  state.count += 1
  state.mean += (value - state.mean) / state.count
  const deviation = value - state.mean
  state.rising = options.forgetting * state.rising + deviation - options.tolerance
  state.falling = options.forgetting * state.falling + deviation + options.tolerance
  state.lowestRising = Math.min(state.lowestRising, state.rising)
  state.highestFalling = Math.max(state.highestFalling, state.falling)
  if (state.count < options.warmup) return undefined
  const rose = state.rising - state.lowestRising > options.threshold
  const fell = state.highestFalling - state.falling > options.threshold
  if (!rose && !fell) return undefined
  Object.assign(state, pageHinkley())
  return rose ? 'rose' : 'fell'
}

/** How near to a change the state is, as a share of the threshold. */
export const pageHinkleyLevel = (
  state: PageHinkleyState,
  options: PageHinkleyOptions = PAGE_HINKLEY,
): number =>
  state.count === 0
    ? 0
    : Math.max(state.rising - state.lowestRising, state.highestFalling - state.falling) /
      options.threshold

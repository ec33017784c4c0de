/**
 * When a source is asked again. After success at its interval, or later where it says how long it
 * stays fresh; after failures in growing, jittered, bounded steps; never before a `retry-after`.
 */

/** What a source says is believed up to this: news that is an hour late is none. */
const FRESH_MS_MAX = 3_600_000
const BACK_OFF_MS_MAX = 6 * 3_600_000
/** A longer wish is not granted: a source may be wrong, too. */
export const RETRY_AFTER_MS_MAX = 24 * 3_600_000
/** Sources that started together drift apart. */
const SPREAD = 0.1

/** @param random uniform in [0, 1) */
export function waitAfterSuccessMs(
  pollMs: number,
  freshMs: number | undefined,
  random: () => number,
): number {
  const wait = Math.max(pollMs, Math.min(freshMs ?? 0, FRESH_MS_MAX))
  return wait * (1 + SPREAD * random())
}

/**
 * @param failures in a row, this one included
 * @returns between the interval and twice it after the first failure, and so on doubling up to 6 h
 */
export function waitAfterFailureMs(
  pollMs: number,
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const most = Math.max(BACK_OFF_MS_MAX, pollMs)
  const step = Math.min(pollMs * 2 ** Math.min(failures, 30), most)
  const backOff = Math.max(pollMs, step * (0.5 + 0.5 * random()))
  return Math.max(backOff, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MS_MAX))
}

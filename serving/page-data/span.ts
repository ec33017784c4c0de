/** A span of event time and the step at which the page shows it. */

export interface Span {
  /** Exclusive, ms UTC. */
  readonly fromMs: number
  /** Inclusive, ms UTC. */
  readonly toMs: number
}

const MINUTE_MS = 60_000
/** Bars a chart shows at once: about two pixels each on a wide screen. */
export const BARS_MAX = 500
/** Steps that people know from charts, minutes. */
const STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1_440, 10_080]

/** @returns the smallest known step by which the span has at most `most` bars, ms. */
export function stepOf({ fromMs, toMs }: Span, most: number = BARS_MAX): number {
  const wanted = Math.max(0, toMs - fromMs) / most
  const known = STEPS_MINUTES.find((minutes) => minutes * MINUTE_MS >= wanted)
  // Beyond weeks: whole weeks.
  const week = 10_080 * MINUTE_MS
  return known === undefined ? Math.ceil(wanted / week) * week : known * MINUTE_MS
}

/**
 * Gives a trial up when it is worse than the median of the trials before it at the same step.
 * Source: Golovin et al., "Google Vizier", KDD 2017, section 3.2.2 (median stopping rule).
 *
 * The median is of all trials that came to that step, not of those that went to the end: those were the
 * better ones at the first steps, and a bar that only they set rises until it stops what is good later.
 */

/** Trials that must have come to a step before any is given up there. */
const PRUNER_STARTUP_TRIALS = 5

/**
 * @param before the values after each step of every earlier trial
 * @param value of the trial in question after step `step`, from 0
 */
export function isWorseThanMedian(
  before: readonly (readonly number[])[],
  step: number,
  value: number,
): boolean {
  const sorted = before.flatMap((steps) => steps.slice(step, step + 1)).sort((a, b) => a - b)
  if (sorted.length < PRUNER_STARTUP_TRIALS) return false
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1
      ? sorted[Math.floor(middle)]!
      : (sorted[middle - 1]! + sorted[middle]!) / 2
  return value > median
}

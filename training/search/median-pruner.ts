/**
 * Gives a trial up when it is worse than the median of the trials before it at the same step.
 * Source: Golovin et al., "Google Vizier", KDD 2017, section 3.2.2 (median stopping rule).
 */

/** Trials that must have gone to the end before any is given up. */
export const PRUNER_STARTUP_TRIALS = 5

/**
 * @param finished the values after each step of every trial that went to the end
 * @param value of the trial in question after step `step`, from 0
 */
export function isWorseThanMedian(
  finished: readonly (readonly number[])[],
  step: number,
  value: number,
): boolean {
  if (finished.length < PRUNER_STARTUP_TRIALS) return false
  const sorted = finished.map((steps) => steps[step] ?? Infinity).sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1
      ? sorted[Math.floor(middle)]!
      : (sorted[middle - 1]! + sorted[middle]!) / 2
  return value > median
}

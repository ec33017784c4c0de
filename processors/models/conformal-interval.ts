/**
 * Split conformal intervals: the half-width is an order statistic of the absolute errors of outcomes
 * that the model did not see. Of n exchangeable errors the k-th smallest, k = ceil((n + 1) coverage),
 * covers the next one with at least that probability, whatever the distribution (Vovk et al.,
 * Algorithmic Learning in a Random World; Lei et al. 2018). Errors of overlapping horizons in a
 * changing market are not exchangeable: the promise holds about, over long stretches, and is
 * measured as coverage in model-quality.v1.
 */

/**
 * @param sortedAbsoluteErrors ascending
 * @param coverage share of outcomes to cover, between 0 and 1
 * @returns half of the interval's width in the unit of the errors; null where there are too few.
 */
export function conformalHalfWidth(
  sortedAbsoluteErrors: ArrayLike<number>,
  coverage: number,
): number | null {
  const rank = Math.ceil((sortedAbsoluteErrors.length + 1) * coverage)
  return sortedAbsoluteErrors[rank - 1] ?? null
}

/**
 * Probability that prediction plus error is above 0, from the errors (realized less predicted) of
 * recent outcomes; one that hits 0 counts half. Never 0 or 1: one more error of each kind is
 * assumed (Laplace).
 * @param sortedErrors ascending
 */
export function probabilityAboveZero(sortedErrors: ArrayLike<number>, predicted: number): number {
  const below = countBelow(sortedErrors, -predicted)
  const upTo = countUpTo(sortedErrors, -predicted)
  const above = sortedErrors.length - upTo
  return (above + (upTo - below) / 2 + 1) / (sortedErrors.length + 2)
}

/** Values less than the bound, by bisection. */
function countBelow(sorted: ArrayLike<number>, bound: number): number {
  return bisect(sorted, (value) => value < bound)
}

const countUpTo = (sorted: ArrayLike<number>, bound: number): number =>
  bisect(sorted, (value) => value <= bound)

function bisect(sorted: ArrayLike<number>, isBefore: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(sorted[middle] ?? NaN)) low = middle + 1
    else high = middle
  }
  return low
}

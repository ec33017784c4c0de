/**
 * Brings columns of very different scales (prices, fractions, flags) to mean 0 and deviation 1, with
 * the figures of the training rows only.
 *
 * A missing value counts as the mean, and values further than five deviations from it count as five:
 * price levels drift out of their training range, and one bad tick must not decide a forecast.
 */

/** Beyond this many deviations a value is an outlier and is held at the bound. */
const CLAMP_DEVIATIONS = 5

/** One entry per column. A column without spread has scale 0 and counts as its mean everywhere. */
export interface Standardisation {
  readonly mean: Float64Array
  /** 1 / standard deviation, or 0. */
  readonly scale: Float64Array
  readonly lowest: Float64Array
  readonly highest: Float64Array
}

/** @param parts of `[rows, width] float32`, row-major; missing and infinite values are left out. */
export function fitStandardisation(parts: readonly Float32Array[], width: number): Standardisation {
  const finite = new Float64Array(width)
  const mean = new Float64Array(width)
  const squares = new Float64Array(width)
  // Plain loops: two passes over 160 million cells are seconds with a call for each.
  for (const matrix of parts) {
    for (let cell = 0, column = 0; cell < matrix.length; cell += 1) {
      const value = matrix[cell]!
      // A difference that is not 0 is NaN: the value is missing or infinite.
      if (value - value === 0) {
        finite[column]! += 1
        mean[column]! += value
      }
      column = column + 1 === width ? 0 : column + 1
    }
  }
  for (let column = 0; column < width; column += 1)
    mean[column] = (mean[column] ?? 0) / Math.max(1, finite[column] ?? 0)
  // The second pass over differences: sums of squares of prices would cancel.
  for (const matrix of parts) {
    for (let cell = 0, column = 0; cell < matrix.length; cell += 1) {
      const difference = matrix[cell]! - mean[column]!
      if (difference - difference === 0) squares[column]! += difference * difference
      column = column + 1 === width ? 0 : column + 1
    }
  }
  const deviation = squares.map((sum, column) => Math.sqrt(sum / Math.max(1, finite[column] ?? 0)))
  // Rounding leaves a tiny spread in a constant column; it must not be blown up to a signal.
  const spread = deviation.map((sd, column) => (sd > 1e-12 * Math.abs(mean[column] ?? 0) ? sd : 0))
  return {
    mean,
    scale: spread.map((sd) => (sd === 0 ? 0 : 1 / sd)),
    lowest: mean.map((value, column) => value - CLAMP_DEVIATIONS * (spread[column] ?? 0)),
    highest: mean.map((value, column) => value + CLAMP_DEVIATIONS * (spread[column] ?? 0)),
  }
}

/** Distance from the mean in units of the column, after filling and clamping; 0 if missing. */
export function centred(standardisation: Standardisation, column: number, value: number): number {
  if (Number.isNaN(value)) return 0
  const mean = standardisation.mean[column]!
  return (
    Math.max(Math.min(value, standardisation.highest[column]!), standardisation.lowest[column]!) -
    mean
  )
}

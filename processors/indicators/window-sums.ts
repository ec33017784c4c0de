/**
 * Sums over the values that end at an index of memory, recomputed at every bar.
 *
 * Windows here hold at most 50 values, so a fresh sum costs tens of nanoseconds and cannot drift,
 * which a running sum does. Moments are taken about the newest value of the window: equal values then
 * give exactly 0, and because the newest value is one of the window its distance from the mean is at
 * most sqrt(n) standard deviations, so the one-pass variance loses at most a factor n of the double's
 * 2^-53 (Chan, Golub & LeVeque 1983, "Algorithms for Computing the Sample Variance").
 *
 * A null (NaN) in the window makes the result null.
 */

/** Sum of `n` values that end at `end`. */
export function sumOf(memory: Float64Array, end: number, n: number): number {
  let sum = 0
  for (let i = end - n + 1; i <= end; i++) sum += memory[i]!
  return sum
}

/** Sum of the distances from `origin` of `n` values that end at `end`. */
export function sumAbout(memory: Float64Array, end: number, n: number, origin: number): number {
  let sum = 0
  for (let i = end - n + 1; i <= end; i++) sum += memory[i]! - origin
  return sum
}

/** Sum of the squared distances from `origin` of `n` values that end at `end`. */
export function squaresAbout(memory: Float64Array, end: number, n: number, origin: number): number {
  let sum = 0
  for (let i = end - n + 1; i <= end; i++) {
    const distance = memory[i]! - origin
    sum += distance * distance
  }
  return sum
}

/** Mean of `n` values that end at `end`; exactly the value where all are equal. */
export function meanOf(memory: Float64Array, end: number, n: number): number {
  const origin = memory[end]!
  return origin + sumAbout(memory, end, n, origin) / n
}

/**
 * Sum of squared distances from the mean, from the first two moments about any value of the window.
 * Divide by n for the population variance, by n - 1 for the sample variance.
 */
export function squaresAboutMean(sum: number, squares: number, n: number): number {
  const rest = squares - (sum * sum) / n
  // The bound above keeps rounding far from the sign, but a sqrt of -1e-320 would be a null.
  return rest < 0 ? 0 : rest
}

/** Sample variance (n - 1) of `n` values that end at `end`. */
export function varianceOf(memory: Float64Array, end: number, n: number): number {
  const origin = memory[end]!
  let sum = 0
  let squares = 0
  for (let i = end - n + 1; i < end; i++) {
    const distance = memory[i]! - origin
    sum += distance
    squares += distance * distance
  }
  return squaresAboutMean(sum, squares, n) / (n - 1)
}

/** Sample standard deviation (n - 1) of `n` values that end at `end`. */
export function deviationOf(memory: Float64Array, end: number, n: number): number {
  return Math.sqrt(varianceOf(memory, end, n))
}

/**
 * Sums over the values that end at an index of memory, recomputed at every bar.
 *
 * Windows here hold at most 50 values, so a fresh sum costs tens of nanoseconds and cannot drift,
 * which a running sum does. Moments are taken about the newest value of the window: equal values then
 * give exactly 0, and because the newest value is one of the window its distance from the mean is at
 * most sqrt(n) standard deviations, so the one-pass variance loses at most a factor n of the double's
 * 2^-53 (Chan, Golub & LeVeque 1983, "Algorithms for Computing the Sample Variance").
 *
 * Loops are unrolled by four: an addition takes four cycles, and four sums hide them.
 *
 * A null (NaN) in the window makes the result null.
 */

/** Sum of `n` values that end at `end`. */
export function sumOf(memory: Float64Array, end: number, n: number): number {
  const before = end - n
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = end
  for (; i - 4 >= before; i -= 4) {
    a += memory[i]!
    b += memory[i - 1]!
    c += memory[i - 2]!
    d += memory[i - 3]!
  }
  for (; i > before; i--) a += memory[i]!
  return a + b + (c + d)
}

/** Sum of the distances from `origin` of `n` values that end at `end`. */
export function sumAbout(memory: Float64Array, end: number, n: number, origin: number): number {
  const before = end - n
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = end
  for (; i - 4 >= before; i -= 4) {
    a += memory[i]! - origin
    b += memory[i - 1]! - origin
    c += memory[i - 2]! - origin
    d += memory[i - 3]! - origin
  }
  for (; i > before; i--) a += memory[i]! - origin
  return a + b + (c + d)
}

/** Sum of the squared distances from `origin` of `n` values that end at `end`. */
export function squaresAbout(memory: Float64Array, end: number, n: number, origin: number): number {
  const before = end - n
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = end
  for (; i - 4 >= before; i -= 4) {
    const p = memory[i]! - origin
    const q = memory[i - 1]! - origin
    const r = memory[i - 2]! - origin
    const s = memory[i - 3]! - origin
    a += p * p
    b += q * q
    c += r * r
    d += s * s
  }
  for (; i > before; i--) {
    const p = memory[i]! - origin
    a += p * p
  }
  return a + b + (c + d)
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
function varianceOf(memory: Float64Array, end: number, n: number): number {
  const origin = memory[end]!
  const sum = sumAbout(memory, end, n, origin)
  return squaresAboutMean(sum, squaresAbout(memory, end, n, origin), n) / (n - 1)
}

/** Sample standard deviation (n - 1) of `n` values that end at `end`. */
export function deviationOf(memory: Float64Array, end: number, n: number): number {
  return Math.sqrt(varianceOf(memory, end, n))
}

/** Lengths of the two windows of `nestedDeviations`. */
const SHORT = 20
const LONG = 50

/**
 * Writes the sample standard deviations (n - 1) of the last 20 and of the last 50 values to `target`
 * from `at` on, in one pass over what they share.
 */
export function nestedDeviations(
  memory: Float64Array,
  end: number,
  target: Float64Array,
  at: number,
): void {
  const origin = memory[end]!
  let sum = 0
  let squares = 0
  for (let i = end - 1; i > end - SHORT; i--) {
    const distance = memory[i]! - origin
    sum += distance
    squares += distance * distance
  }
  target[at] = Math.sqrt(squaresAboutMean(sum, squares, SHORT) / (SHORT - 1))
  for (let i = end - SHORT; i > end - LONG; i -= 2) {
    const distance = memory[i]! - origin
    const next = memory[i - 1]! - origin
    sum += distance + next
    squares += distance * distance + next * next
  }
  target[at + 1] = Math.sqrt(squaresAboutMean(sum, squares, LONG) / (LONG - 1))
}

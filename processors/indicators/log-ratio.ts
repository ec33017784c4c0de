/**
 * ln(a / b) of two prices, exact to two units in the last place also when they are nearly equal.
 *
 * The quotient of two prices a millionth apart keeps only ten digits of their distance. But the
 * difference of two doubles within a factor of two is exact (Sterbenz 1974), and
 * ln(a/b) = 2 artanh(s) with s = (a - b)/(a + b), a series that converges at once for moves of a
 * minute. It is a third of the cost of Math.log1p, which takes the rest.
 */

/** Moves of about 3 %: the first term left out is s^10/11 < 1e-19 of the result. */
const SMALL = 1 / 64

export function logRatio(a: number, b: number): number {
  const s = (a - b) / (a + b)
  if (s < SMALL && s > -SMALL) {
    const q = s * s
    return 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q / 9))))
  }
  const change = (a - b) / b
  return change > -0.5 && change < 1 ? Math.log1p(change) : Math.log(a / b)
}

/**
 * ln(a / b) of two prices, exact also when they are nearly equal.
 *
 * The quotient of two prices a millionth apart keeps only ten digits of their distance; the difference
 * of two doubles within a factor of two is exact (Sterbenz 1974), so log1p of it keeps sixteen.
 */
export function logRatio(a: number, b: number): number {
  const change = (a - b) / b
  return change > -0.5 && change < 1 ? Math.log1p(change) : Math.log(a / b)
}

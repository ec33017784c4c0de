/**
 * Bid-ask spread, as a share of the price, from the highs and lows of two consecutive bars
 * (Corwin & Schultz 2012, "A Simple Way to Estimate Bid-Ask Spreads from Daily High and Low Prices").
 */
const ROOT_2 = Math.SQRT2
const DIVISOR = 3 - 2 * ROOT_2

/**
 * @param range ln(high/low) of this bar.
 * @param rangeBefore ln(high/low) of the bar before.
 * @param rangeOfBoth ln(higher high/lower low) of the two.
 * @returns 0 or more, as a fraction.
 */
export function corwinSchultzSpread(
  range: number,
  rangeBefore: number,
  rangeOfBoth: number,
): number {
  const beta = range * range + rangeBefore * rangeBefore
  const alpha = ((ROOT_2 - 1) * Math.sqrt(beta)) / DIVISOR - rangeOfBoth / Math.sqrt(DIVISOR)
  if (alpha <= 0) return 0
  const growth = Math.expm1(alpha)
  return (2 * growth) / (2 + growth)
}

/**
 * Bid-ask spread, as a share of the price, from the highs and lows of two consecutive bars
 * (Corwin & Schultz 2012, "A Simple Way to Estimate Bid-Ask Spreads from Daily High and Low Prices").
 */
const SCALE = Math.SQRT2 + 1

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
  // (sqrt(2b) - sqrt(b))/(3 - 2·sqrt2) - sqrt(g/(3 - 2·sqrt2)), simplified by 3 - 2·sqrt2 = (sqrt2 - 1)².
  // Then a flat bar inside the range of the other gives exactly the 0 that it gives on paper.
  const alpha = (Math.sqrt(range * range + rangeBefore * rangeBefore) - rangeOfBoth) * SCALE
  if (alpha <= 0) return 0
  const growth = Math.expm1(alpha)
  return (2 * growth) / (2 + growth)
}

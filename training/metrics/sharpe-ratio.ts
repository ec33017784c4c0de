/**
 * Sharpe ratios, and how much of the best of many is luck.
 *
 * Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012), and
 * "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014). Nothing is annualised: every
 * ratio is per decision.
 */
import { normalCdf, normalQuantile } from './distributions.ts'

const EULER_MASCHERONI = 0.5772156649015329

export interface ReturnMoments {
  readonly observations: number
  readonly mean: number
  /** Sample standard deviation. */
  readonly deviation: number
  /** Third standardised moment; 0 for a normal distribution. */
  readonly skewness: number
  /** Fourth standardised moment; 3 for a normal distribution. */
  readonly kurtosis: number
}

export function returnMoments(returns: Float64Array): ReturnMoments {
  const observations = returns.length
  const mean = returns.reduce((sum, value) => sum + value, 0) / Math.max(1, observations)
  let [second, third, fourth] = [0, 0, 0]
  for (const value of returns) {
    const distance = value - mean
    second += distance ** 2
    third += distance ** 3
    fourth += distance ** 4
  }
  const variance = second / Math.max(1, observations)
  const flat = !(variance > 0)
  return {
    observations,
    mean,
    deviation: Math.sqrt(second / Math.max(1, observations - 1)),
    skewness: flat ? 0 : third / observations / variance ** 1.5,
    kurtosis: flat ? 3 : fourth / observations / variance ** 2,
  }
}

/** Mean over deviation; 0 where nothing varies. */
export const sharpeRatio = ({ mean, deviation }: ReturnMoments): number =>
  deviation > 0 ? mean / deviation : 0

/**
 * The chance that the true ratio is above `benchmark`, given length and shape of the record.
 * @returns undefined for a record too short or too wild to say
 */
export function probabilisticSharpe(
  observed: number,
  { observations, skewness, kurtosis }: Omit<ReturnMoments, 'mean' | 'deviation'>,
  benchmark: number,
): number | undefined {
  const spread = 1 - skewness * observed + ((kurtosis - 1) / 4) * observed ** 2
  if (observations < 2 || !(spread > 0)) return undefined
  return normalCdf(((observed - benchmark) * Math.sqrt(observations - 1)) / Math.sqrt(spread))
}

/**
 * The ratio that the best of `trials` worthless strategies is expected to show.
 * @param variance of the ratios of the trials, per decision squared
 */
export function expectedBestSharpe(trials: number, variance: number): number {
  if (trials < 2) return 0
  const first = normalQuantile(1 - 1 / trials)
  const second = normalQuantile(1 - 1 / (trials * Math.E))
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second)
}

/** The chance that the true ratio is above what the best of that many worthless trials would show. */
export const deflatedSharpe = (
  moments: ReturnMoments,
  trials: number,
  variance: number,
): number | undefined =>
  probabilisticSharpe(sharpeRatio(moments), moments, expectedBestSharpe(trials, variance))

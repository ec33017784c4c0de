/**
 * Whether one forecast is better than another by more than luck.
 *
 * Diebold and Mariano, "Comparing Predictive Accuracy", JBES 13 (1995): the mean difference of the
 * losses, divided by its standard error. Forecasts h steps ahead overlap, so differences up to h - 1
 * steps apart are correlated and their autocovariances are part of the variance. With the correction
 * for small samples of Harvey, Leybourne and Newbold, IJF 13 (1997), against Student's distribution.
 */
import { studentCdf } from './distributions.ts'

/** Weights of the autocovariances: all 1 as in the paper, or falling evenly (Newey and West 1987). */
export type VarianceKernel = 'rectangular' | 'bartlett'

export interface DieboldMariano {
  /** Negative where the first forecast is better; 0 where the losses do not differ. */
  readonly statistic: number
  /** One-sided: the chance of such a lead of the first forecast if it were no better. */
  readonly pValue: number
  readonly observations: number
  readonly kernel: VarianceKernel
}

export interface DieboldMarianoOptions {
  /** Steps ahead, so that h - 1 autocovariances count. */
  readonly horizon: number
  readonly kernel: VarianceKernel
}

/**
 * @param losses of the forecast in question, in order of time
 * @param reference losses of the other one on the same rows
 */
export function dieboldMariano(
  losses: Float64Array,
  reference: Float64Array,
  { horizon, kernel }: DieboldMarianoOptions,
): DieboldMariano {
  const differences = losses.map((loss, row) => loss - reference[row]!)
  const observations = differences.length
  const none = { statistic: 0, pValue: 1, observations, kernel }
  if (observations <= horizon) return none
  const mean = differences.reduce((sum, value) => sum + value, 0) / observations
  const variance = longRunVariance(differences, mean, horizon, kernel) / observations
  // All weights 1 may give a negative variance; falling weights never do.
  if (!(variance > 0))
    return kernel === 'bartlett'
      ? none
      : dieboldMariano(losses, reference, { horizon, kernel: 'bartlett' })
  const [n, h] = [observations, horizon]
  const correction = Math.sqrt((n + 1 - 2 * h + (h * (h - 1)) / n) / n)
  const statistic = (correction * mean) / Math.sqrt(variance)
  return { statistic, pValue: studentCdf(statistic, n - 1), observations, kernel }
}

/**
 * The more doubtful of both kernels: the rectangular one is right for forecasts without error in
 * their correlation, the other one (over twice the horizon) where losses come in clusters.
 */
export function cautiousDieboldMariano(
  losses: Float64Array,
  reference: Float64Array,
  horizon: number,
): DieboldMariano {
  const rectangular = dieboldMariano(losses, reference, { horizon, kernel: 'rectangular' })
  const bartlett = dieboldMariano(losses, reference, { horizon: 2 * horizon, kernel: 'bartlett' })
  return bartlett.pValue > rectangular.pValue ? bartlett : rectangular
}

function longRunVariance(
  differences: Float64Array,
  mean: number,
  horizon: number,
  kernel: VarianceKernel,
): number {
  const centred = differences.map((value) => value - mean)
  let total = autocovariance(centred, 0)
  for (let lag = 1; lag < horizon; lag += 1) {
    const weight = kernel === 'bartlett' ? 1 - lag / horizon : 1
    total += 2 * weight * autocovariance(centred, lag)
  }
  return total
}

function autocovariance(centred: Float64Array, lag: number): number {
  let sum = 0
  for (let row = lag; row < centred.length; row += 1) sum += centred[row]! * centred[row - lag]!
  return sum / centred.length
}

/** Mean of what belongs to one time, in order: rows of several instruments are no independent draws. */
export function meanPerTime(values: Float64Array, times: Float64Array): Float64Array {
  const means = new Float64Array(values.length)
  let count = 0
  for (let from = 0; from < values.length;) {
    let to = from
    let sum = 0
    while (to < values.length && times[to] === times[from]) sum += values[to++]!
    means[count++] = sum / (to - from)
    from = to
  }
  return means.subarray(0, count)
}

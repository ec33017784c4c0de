/** What each forecast of a row costs, and what the naive one costs there: the input of every test. */
import type { Objective } from '../models/model-trainer.ts'
import { upward } from './direction-metrics.ts'
import { logLosses } from './probability-metrics.ts'

/**
 * Squared error for returns (percent squared), negative log-likelihood for probabilities (nats).
 * @param labels forward returns, percent, for both objectives
 */
export const forecastLosses = (
  predictions: Float64Array,
  labels: Float64Array,
  objective: Objective,
): Float64Array =>
  objective === 'regression'
    ? predictions.map((prediction, row) => (prediction - labels[row]!) ** 2)
    : logLosses(predictions, upward(labels))

/** The forecast that knows nothing: no change, or the share of upward moves in the training rows. */
export const naiveForecast = (rows: number, objective: Objective, baseRate: number): Float64Array =>
  new Float64Array(rows).fill(objective === 'regression' ? 0 : baseRate)

/** Share of upward moves, held away from 0 and 1, which no sample proves. */
export function baseRateOf(labels: Float64Array): number {
  const positives = upward(labels).reduce((sum, value) => sum + value, 0)
  return (positives + 1) / (labels.length + 2)
}

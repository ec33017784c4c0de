/** How good probabilities of an upward move are, beside a forecast that always gives the base rate. */
import { upward } from './direction-metrics.ts'

/** Bins of the calibration curve, of equal count as far as equal probabilities allow. */
const CALIBRATION_BINS = 10

export interface ProbabilityMetrics {
  /** Mean squared error of the probability. */
  readonly brier: number
  /** Mean negative log-likelihood, nats. */
  readonly logLoss: number
  /** Mean distance of probability and share over the bins, weighted by their rows. */
  readonly calibrationError: number
  readonly baseRateBrier: number
  readonly baseRateLogLoss: number
  /** Ascending by probability; empty bins are left out. */
  readonly calibration: readonly CalibrationBin[]
}

export interface CalibrationBin {
  readonly rows: number
  /** Mean of the probabilities. */
  readonly predicted: number
  /** Share of upward moves. */
  readonly observed: number
}

/**
 * @param probabilities of an upward move, 0 to 1
 * @param labels forward returns
 * @param baseRate share of upward moves in the rows the model was fitted to
 */
export function probabilityMetrics(
  probabilities: Float64Array,
  labels: Float64Array,
  baseRate: number,
): ProbabilityMetrics {
  const positives = upward(labels)
  const always = new Float64Array(labels.length).fill(baseRate)
  const calibration = calibrationCurve(probabilities, positives)
  const rows = labels.length
  return {
    brier: mean(squaredErrors(probabilities, positives)),
    logLoss: mean(logLosses(probabilities, positives)),
    calibrationError: calibration.reduce(
      (sum, bin) => sum + (bin.rows / rows) * Math.abs(bin.predicted - bin.observed),
      0,
    ),
    baseRateBrier: mean(squaredErrors(always, positives)),
    baseRateLogLoss: mean(logLosses(always, positives)),
    calibration,
  }
}

const mean = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Per row, of probability and outcome. */
const squaredErrors = (probabilities: Float64Array, positives: Uint8Array): Float64Array =>
  probabilities.map((probability, row) => (probability - positives[row]!) ** 2)

/** Per row, nats. A certainty that fails costs as much as the last probability before it: 36 nats. */
export const logLosses = (probabilities: Float64Array, positives: Uint8Array): Float64Array =>
  probabilities.map((probability, row) => {
    const given = Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON)
    return -Math.log(positives[row] === 1 ? given : 1 - given)
  })

/** Bin edges are quantiles of the probabilities, so equal probabilities share a bin. */
function calibrationCurve(probabilities: Float64Array, positives: Uint8Array): CalibrationBin[] {
  const sorted = Float64Array.from(probabilities).sort()
  const edges = Array.from({ length: CALIBRATION_BINS - 1 }, (_, index) =>
    quantile(sorted, (index + 1) / CALIBRATION_BINS),
  )
  const sums = Array.from({ length: CALIBRATION_BINS }, () => ({ rows: 0, given: 0, upward: 0 }))
  for (const [row, probability] of probabilities.entries()) {
    const above = edges.findIndex((edge) => probability <= edge)
    const bin = sums[above === -1 ? CALIBRATION_BINS - 1 : above]!
    bin.rows += 1
    bin.given += probability
    bin.upward += positives[row]!
  }
  return sums
    .filter(({ rows }) => rows > 0)
    .map(({ rows, given, upward: up }) => ({
      rows,
      predicted: given / rows,
      observed: up / rows,
    }))
}

/** With linear interpolation between order statistics. @param sorted ascending, not empty */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const lower = sorted[below]!
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!
  return lower + (upper - lower) * (position - below)
}

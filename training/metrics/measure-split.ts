/**
 * Everything that is measured of a model on one split.
 *
 * Of a probability, `rmse`, `mae` and `r2` are those of the probability against the outcome 0 or 1 (so
 * `rmse` is the root of the Brier score), and what stands for the zero forecast is the base rate of the
 * training rows: the forecast that knows nothing.
 */
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import type { SplitMetrics } from '../../schemas/generated.ts'
import type { BacktestCosts } from '../backtest/backtest-costs.ts'
import { backtestSignal, type Backtest } from '../backtest/backtest-signal.ts'
import { labelsOf, matrixOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import type { Objective } from '../models/model-trainer.ts'
import { cautiousDieboldMariano, meanPerTime } from './diebold-mariano.ts'
import { directionMetrics, upward, type Confusion } from './direction-metrics.ts'
import { forecastLosses, naiveForecast } from './forecast-losses.ts'
import { lastReturns } from './last-return.ts'
import { probabilityMetrics, type CalibrationBin } from './probability-metrics.ts'
import { spearman } from './ranks.ts'
import { regressionMetrics } from './regression-metrics.ts'
import { returnMoments, sharpeRatio } from './sharpe-ratio.ts'

export interface MeasureOptions {
  readonly objective: Objective
  readonly horizonMinutes: number
  /** Share of upward moves in the training rows. */
  readonly baseRate: number
  readonly costs: BacktestCosts
}

export interface MeasuredSplit {
  readonly metrics: SplitMetrics
  readonly confusion: Confusion
  /** Of probabilities only. */
  readonly calibration: readonly CalibrationBin[]
  readonly backtest: Backtest
}

/**
 * @param predictions of the rows of the range
 * @param range of at least one row
 */
export function measureSplit(
  split: string,
  predictions: Float64Array,
  dataset: Dataset,
  range: SplitRange,
  options: MeasureOptions,
): MeasuredSplit {
  const { objective, horizonMinutes, baseRate } = options
  const labels = labelsOf(dataset, range)
  const isReturn = objective === 'regression'
  const { confusion, ...direction } = directionMetrics(predictions, labels, isReturn ? 0 : 0.5)
  const probability = isReturn ? undefined : probabilityMetrics(predictions, labels, baseRate)
  const backtest = backtestOf(predictions, dataset, range, options)
  const test = cautiousDieboldMariano(
    ...pairedLosses(predictions, dataset, range, objective, baseRate),
    horizonMinutes,
  )
  return {
    metrics: {
      split,
      rows: rowsOf(range),
      fromMs: dataset.eventTimeMs[range.from] ?? 0,
      toMs: dataset.eventTimeMs[range.to - 1] ?? 0,
      ...UNMEASURED,
      ...(isReturn
        ? returnMetrics(predictions, dataset, range, horizonMinutes)
        : outcomeMetrics(predictions, labels, baseRate)),
      ...direction,
      dmStatisticVsZero: test.statistic,
      dmPValueVsZero: test.pValue,
      informationCoefficient: spearman(predictions, labels) ?? null,
      brier: probability?.brier ?? null,
      logLoss: probability?.logLoss ?? null,
      calibrationError: probability?.calibrationError ?? null,
      sharpe: sharpeRatio(returnMoments(backtest.net)),
      netReturn: backtest.net.reduce((sum, value) => sum + value, 0),
    },
    confusion,
    calibration: probability?.calibration ?? [],
    backtest,
  }
}

function returnMetrics(
  predictions: Float64Array,
  dataset: Dataset,
  range: SplitRange,
  horizonMinutes: number,
) {
  const labels = labelsOf(dataset, range)
  const measured = regressionMetrics(predictions, labels)
  const last = lastReturns(dataset.columns, matrixOf(dataset, range), horizonMinutes)
  if (last === undefined) return measured
  const { rmse: lastRmse } = regressionMetrics(last, labels)
  return {
    ...measured,
    lastRmse,
    r2VsLast: lastRmse === 0 ? 0 : 1 - (measured.rmse / lastRmse) ** 2,
  }
}

function outcomeMetrics(probabilities: Float64Array, labels: Float64Array, baseRate: number) {
  const outcomes = Float64Array.from(upward(labels))
  const naive = regressionMetrics(
    naiveForecast(labels.length, 'classification', baseRate),
    outcomes,
  )
  const measured = regressionMetrics(probabilities, outcomes)
  const moved = labels.reduce((count, label) => count + (label === 0 ? 0 : 1), 0)
  const right = labels.reduce(
    (count, label, row) =>
      count + (label !== 0 && Math.sign(probabilities[row]! - 0.5) === Math.sign(label) ? 1 : 0),
    0,
  )
  return {
    ...measured,
    directionalAccuracy: moved === 0 ? 0 : right / moved,
    r2VsZero: naive.rmse === 0 ? 0 : 1 - (measured.rmse / naive.rmse) ** 2,
    zeroRmse: naive.rmse,
    zeroMae: naive.mae,
  }
}

/** Losses of the forecast and of the naive one, one per time. */
function pairedLosses(
  predictions: Float64Array,
  dataset: Dataset,
  range: SplitRange,
  objective: Objective,
  baseRate: number,
): [Float64Array, Float64Array] {
  const labels = labelsOf(dataset, range)
  const times = dataset.eventTimeMs.subarray(range.from, range.to)
  const naive = naiveForecast(labels.length, objective, baseRate)
  return [predictions, naive].map((forecast) =>
    meanPerTime(forecastLosses(forecast, labels, objective), times),
  ) as [Float64Array, Float64Array]
}

/** Trades the forecasts of a range; no forecast is too small to be traded. */
export function backtestOf(
  predictions: Float64Array,
  dataset: Dataset,
  range: SplitRange,
  { objective, costs }: Pick<MeasureOptions, 'objective' | 'costs'>,
): Backtest {
  const eventTimeMs = dataset.eventTimeMs.subarray(range.from, range.to)
  return backtestSignal(
    {
      predictions,
      labels: labelsOf(dataset, range),
      eventTimeMs,
      labelTimeMs: dataset.labelTimeMs.subarray(range.from, range.to),
      instrumentOf: placesInTheirTime(eventTimeMs),
    },
    { costs, centre: objective === 'regression' ? 0 : 0.5, threshold: 0 },
  )
}

/** Rows of one time are in the order of their instruments' names. */
function placesInTheirTime(eventTimeMs: Float64Array): Uint32Array {
  const places = new Uint32Array(eventTimeMs.length)
  for (let row = 1; row < places.length; row += 1)
    if (eventTimeMs[row] === eventTimeMs[row - 1]) places[row] = places[row - 1]! + 1
  return places
}

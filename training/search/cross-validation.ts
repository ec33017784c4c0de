/**
 * How good parameters are, seen by the training split alone: three expanding walk-forward folds on
 * thinned rows, purged and embargoed by the horizon.
 *
 * Early stopping gets the newest part of a fold's training rows, never the rows it is judged by: the
 * best round on those would be chosen with knowledge of them.
 */
import type { BacktestCosts } from '../backtest/backtest-costs.ts'
import { labelsOf, matrixOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import { returnBlocks } from '../metrics/backtest-overfitting.ts'
import { baseRateOf, forecastLosses, naiveForecast } from '../metrics/forecast-losses.ts'
import { backtestOf } from '../metrics/measure-split.ts'
import type { ModelTrainer, Objective, TrialParameters } from '../models/model-trainer.ts'
import { purgeRows } from '../splits/purge-rows.ts'
import { expandingFolds } from '../splits/walk-forward.ts'
import type { SearchOptions, TrialResult } from './run-search.ts'

const FOLDS = 3
/** Half of the rows before the first evaluation, so that the smallest fit has half of them. */
const TRAIN_BLOCKS = 3
/** Newest share of a fold's training rows, for early stopping. */
const STOPPING_SHARE = 0.15
const MINUTE_MS = 60_000

interface SearchFold {
  readonly train: readonly SplitRange[]
  readonly stopping: SplitRange
  readonly evaluation: SplitRange
  readonly baseRate: number
}

export interface CrossValidation {
  readonly dataset: Dataset
  readonly folds: readonly SearchFold[]
}

/**
 * @param dataset thinned training rows
 * @throws CandlewireError TRAINING_DATA_INSUFFICIENT
 */
export function crossValidation(dataset: Dataset, horizonMinutes: number): CrossValidation {
  const within = { from: 0, to: dataset.rows }
  const embargoMs = horizonMinutes * MINUTE_MS
  const options = { within, folds: FOLDS, trainBlocks: TRAIN_BLOCKS, embargoMs }
  const folds = expandingFolds(dataset, options).map(({ train, evaluation }): SearchFold => {
    const { from, to } = train.at(-1)!
    const cut = to - Math.max(1, Math.floor(STOPPING_SHARE * (to - from)))
    const stopping = { from: cut, to }
    const before = purgeRows(dataset, [{ from, to: cut }], [stopping], 0)
    return {
      train: before,
      stopping,
      evaluation: evaluation[0]!,
      baseRate: baseRateOf(labelsOf(dataset, { from, to })),
    }
  })
  return { dataset, folds }
}

export interface EvaluationOptions {
  readonly trainer: ModelTrainer
  readonly objective: Objective
  readonly rounds: number
  readonly seed: number
  readonly threads: number
  readonly costs: BacktestCosts
  /** Parameters every trial has, under those it varies: of a stack, what was found for its members. */
  readonly given: TrialParameters
}

/** Fits the folds one after the other; after each but the last the search may give up. */
export function evaluateOn(
  { dataset, folds }: CrossValidation,
  options: EvaluationOptions,
): SearchOptions['evaluate'] {
  return async (parameters, isHopeless): Promise<TrialResult> => {
    const started = { ms: performance.now(), cpu: process.cpuUsage() }
    const { objective } = options
    const sums = { loss: 0, naive: 0, rows: 0, rounds: 0 }
    const steps: number[] = []
    const returns: Float64Array[] = []
    for (const [step, fold] of folds.entries()) {
      const { predictions, rounds } = await fitFold(
        dataset,
        fold,
        { ...options.given, ...parameters },
        options,
      )
      const labels = labelsOf(dataset, fold.evaluation)
      const naive = naiveForecast(labels.length, objective, fold.baseRate)
      sums.loss += total(forecastLosses(predictions, labels, objective))
      sums.naive += total(forecastLosses(naive, labels, objective))
      sums.rows += labels.length
      sums.rounds += rounds
      steps.push(measure(sums.loss / sums.rows, objective))
      returns.push(backtestOf(predictions, dataset, fold.evaluation, options).net)
      if (step + 1 < folds.length && isHopeless(step, steps[step]!)) break
    }
    const value = steps.at(-1)!
    const pruned = steps.length < folds.length
    const cpu = process.cpuUsage(started.cpu)
    return {
      metric: objective === 'regression' ? 'cv_rmse' : 'cv_log_loss',
      value: Number.isFinite(value) ? value : null,
      zeroValue: measure(sums.naive / sums.rows, objective),
      rounds: sums.rounds / steps.length,
      pruned,
      steps: Number.isFinite(value) ? steps : [],
      blocks: pruned ? [] : returnBlocks(joined(returns)),
      seconds: (performance.now() - started.ms) / 1000,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
    }
  }
}

const measure = (meanLoss: number, objective: Objective): number =>
  objective === 'regression' ? Math.sqrt(meanLoss) : meanLoss

async function fitFold(
  dataset: Dataset,
  fold: SearchFold,
  parameters: TrialParameters,
  { trainer, objective, rounds, seed, threads }: EvaluationOptions,
): Promise<{ predictions: Float64Array; rounds: number }> {
  const model = await trainer.fit({
    dataset,
    train: fold.train,
    validation: fold.stopping,
    objective,
    parameters,
    rounds,
    seed,
    threads,
  })
  try {
    return { predictions: model.predict(matrixOf(dataset, fold.evaluation)), rounds: model.rounds }
  } finally {
    model.dispose()
  }
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let next = 0
  for (const part of parts) {
    all.set(part, next)
    next += part.length
  }
  return all
}

/**
 * How good parameters are, seen by the training split alone: three walk-forward folds on thinned rows,
 * expanding or rolling, or the ten folds of five groups taken by two (combinatorial), purged and
 * embargoed by the horizon.
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
import { combinatorialFolds } from '../splits/combinatorial.ts'
import type { Fold } from '../splits/fold.ts'
import { purgeRows } from '../splits/purge-rows.ts'
import { expandingFolds, rollingFolds } from '../splits/walk-forward.ts'
import type { SearchOptions, TrialResult } from './run-search.ts'

const FOLDS = 3
/** Half of the rows before the first evaluation, so that the smallest fit has half of them. */
const TRAIN_BLOCKS = 3
/** Newest share of a fold's training rows, for early stopping. */
const STOPPING_SHARE = 0.15
/** Ten fits a trial; each row is judged four times, by models that saw what came before and after it. */
const GROUPS = 5
const EVALUATION_GROUPS = 2
const MINUTE_MS = 60_000

/** How the folds of a search are made. Combinatorial folds cost ten fits a trial instead of three. */
export const FOLD_KINDS = ['expanding', 'rolling', 'combinatorial'] as const
export type FoldKind = (typeof FOLD_KINDS)[number]

interface SearchFold {
  readonly train: readonly SplitRange[]
  readonly stopping: SplitRange
  readonly evaluation: readonly SplitRange[]
  readonly baseRate: number
}

export interface CrossValidation {
  readonly dataset: Dataset
  readonly folds: readonly SearchFold[]
  /** The track record of a trial: rows in order of time, each judged by one fold. */
  readonly path: readonly { readonly fold: number; readonly part: number }[]
}

/**
 * @param dataset thinned training rows
 * @throws CandlewireError TRAINING_DATA_INSUFFICIENT
 */
export function crossValidation(
  dataset: Dataset,
  horizonMinutes: number,
  kind: FoldKind,
): CrossValidation {
  const within = { from: 0, to: dataset.rows }
  const embargoMs = horizonMinutes * MINUTE_MS
  if (kind === 'combinatorial') {
    const sizes = { groups: GROUPS, evaluationGroups: EVALUATION_GROUPS }
    const { folds, paths } = combinatorialFolds(dataset, { within, embargoMs, ...sizes })
    const path = paths[0]!.map((fold, group) => ({
      fold,
      part: folds[fold]!.evaluationGroups.indexOf(group),
    }))
    return { dataset, folds: folds.map((fold) => searchFold(dataset, fold)), path }
  }
  const make = kind === 'rolling' ? rollingFolds : expandingFolds
  const folds = make(dataset, { within, folds: FOLDS, trainBlocks: TRAIN_BLOCKS, embargoMs })
  const path = folds.map((_, fold) => ({ fold, part: 0 }))
  return { dataset, folds: folds.map((fold) => searchFold(dataset, fold)), path }
}

/** The newest training rows are set aside for early stopping, the rest is purged against them. */
function searchFold(dataset: Dataset, { train, evaluation }: Fold): SearchFold {
  const { from, to } = train.at(-1)!
  const cut = to - Math.max(1, Math.floor(STOPPING_SHARE * (to - from)))
  const stopping = { from: cut, to }
  const earlier = [...train.slice(0, -1), { from, to: cut }]
  const fitted = purgeRows(dataset, earlier, [stopping], 0)
  const labels = joined(train.map((range) => labelsOf(dataset, range)))
  return { train: fitted, stopping, evaluation, baseRate: baseRateOf(labels) }
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
  { dataset, folds, path }: CrossValidation,
  options: EvaluationOptions,
): SearchOptions['evaluate'] {
  return async (parameters, isHopeless): Promise<TrialResult> => {
    const started = { ms: performance.now(), cpu: process.cpuUsage() }
    const { objective } = options
    const sums = { loss: 0, naive: 0, rows: 0, rounds: 0 }
    const steps: number[] = []
    const returns: Float64Array[][] = []
    for (const [step, fold] of folds.entries()) {
      const parameterValues = { ...options.given, ...parameters }
      const { predictions, rounds } = await fitFold(dataset, fold, parameterValues, options)
      returns.push(
        fold.evaluation.map((range, part) => {
          const labels = labelsOf(dataset, range)
          const naive = naiveForecast(labels.length, objective, fold.baseRate)
          sums.loss += total(forecastLosses(predictions[part]!, labels, objective))
          sums.naive += total(forecastLosses(naive, labels, objective))
          sums.rows += labels.length
          return backtestOf(predictions[part]!, dataset, range, options).net
        }),
      )
      sums.rounds += rounds
      steps.push(measure(sums.loss / sums.rows, objective))
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
      blocks: pruned
        ? []
        : returnBlocks(joined(path.map(({ fold, part }) => returns[fold]![part]!))),
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
): Promise<{ predictions: Float64Array[]; rounds: number }> {
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
    const predictions = fold.evaluation.map((range) => model.predict(matrixOf(dataset, range)))
    return { predictions, rounds: model.rounds }
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

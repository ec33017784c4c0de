/** Fits an algorithm with the parameters that were found, exports it, and measures it on every split. */
import type { FeatureImportance } from '../../schemas/generated.ts'
import { labelsOf, matrixOf, type Dataset } from '../examples/dataset.ts'
import { SPLIT_NAMES, type SplitName, type TimeSplit } from '../examples/time-split.ts'
import { evenlySpacedRows } from '../../processors/models/make-reference-profile.ts'
import { baseRateOf } from '../metrics/forecast-losses.ts'
import { measureSplit, type MeasuredSplit } from '../metrics/measure-split.ts'
import type {
  FittedModel,
  ModelTrainer,
  RoundReport,
  TrialParameters,
} from '../models/model-trainer.ts'
import type { TrainingJob } from '../worker/worker-messages.ts'
import type { Candidate, OnProgress } from './candidate.ts'

/** Rows of the training split that importance is told from: a second or two for a few hundred trees. */
const IMPORTANCE_ROWS = 2_000

export interface FittedCandidate extends Candidate {
  /** Of every row of the data set. */
  readonly predictions: Float64Array
  readonly splits: Readonly<Record<SplitName, MeasuredSplit>>
  readonly cvValue: number | null
  readonly members: readonly string[]
  readonly importance: readonly FeatureImportance[]
  readonly importanceMethod: string
  readonly learningCurve: readonly RoundReport[]
}

export interface FitCandidateOptions {
  readonly job: TrainingJob
  readonly trainer: ModelTrainer
  readonly parameters: TrialParameters
  readonly cvValue: number | null
  readonly onProgress: OnProgress
}

/** @throws CandlewireError NATIVE_LIBRARY_FAILED, EXPORT_NOT_EXACT */
export async function fitCandidate(
  dataset: Dataset,
  split: TimeSplit,
  options: FitCandidateOptions,
): Promise<FittedCandidate> {
  const { trainer, job, onProgress } = options
  const model = await fit(dataset, split, options)
  try {
    onProgress({ stage: 'exporting', algorithm: trainer.algorithm, done: 0, total: 1 })
    const exported = await model.export(dataset)
    onProgress({ stage: 'measuring', algorithm: trainer.algorithm, done: 0, total: 1 })
    // The export is proved to answer the same, so what is measured is what will be served.
    const predictions = model.predict(dataset.matrix)
    const splits = measureSplits(predictions, dataset, split, job)
    const { method, columns } = model.contributionImportance(sampleOf(dataset, split))
    return {
      algorithm: trainer.algorithm,
      ...exported,
      metrics: SPLIT_NAMES.map((name) => splits[name].metrics),
      parameters: model.parameters,
      notes: model.notes,
      predictions,
      splits,
      cvValue: options.cvValue,
      members: model.members,
      importance: columns,
      importanceMethod: method,
      learningCurve: model.learningCurve,
    }
  } finally {
    model.dispose()
  }
}

function fit(
  dataset: Dataset,
  split: TimeSplit,
  { job, trainer, parameters, onProgress }: FitCandidateOptions,
): Promise<FittedModel> {
  const { objective, rounds, seed, threads } = job
  const startedMs = performance.now()
  const { algorithm } = trainer
  onProgress({ stage: algorithm, done: 0, total: rounds })
  return trainer.fit({
    dataset,
    train: [split.ranges.train],
    validation: split.ranges.validation,
    ...{ objective, parameters, rounds, seed, threads },
    onRound: ({ round, bestLoss }) => {
      const secondsPerRound = (performance.now() - startedMs) / 1000 / round
      onProgress({
        stage: algorithm,
        done: round,
        total: rounds,
        bestValidationRmse: bestLoss,
        etaSeconds: secondsPerRound * (rounds - round),
      })
      return 'continue'
    },
  })
}

function measureSplits(
  predictions: Float64Array,
  dataset: Dataset,
  split: TimeSplit,
  { objective, horizonMinutes, costs }: TrainingJob,
): Record<SplitName, MeasuredSplit> {
  const baseRate = baseRateOf(labelsOf(dataset, split.ranges.train))
  const entries = SPLIT_NAMES.map((name): [SplitName, MeasuredSplit] => {
    const range = split.ranges[name]
    const answers = predictions.subarray(range.from, range.to)
    const options = { objective, horizonMinutes, baseRate, costs }
    return [name, measureSplit(name, answers, dataset, range, options)]
  })
  return Object.fromEntries(entries) as Record<SplitName, MeasuredSplit>
}

function sampleOf(dataset: Dataset, { ranges }: TimeSplit): Float32Array {
  const width = dataset.columns.length
  const train = matrixOf(dataset, ranges.train)
  const rows = evenlySpacedRows(train.length / width, IMPORTANCE_ROWS)
  const sample = new Float32Array(rows.length * width)
  for (const [index, row] of rows.entries())
    sample.set(train.subarray(row * width, (row + 1) * width), index * width)
  return sample
}

/**
 * Trains every algorithm on the same split and exports each. Runs in the training process: long
 * native calls, synchronous inference and the whole matrix in memory.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { labelsOf, matrixOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import {
  SPLIT_NAMES,
  splitByTime,
  type SplitRange,
  type TimeSplit,
} from '../examples/time-split.ts'
import { exportModel } from '../export/export-model.ts'
import type { Threshold } from '../export/adversarial-rows.ts'
import { LightgbmLibrary } from '../lightgbm/lightgbm-library.ts'
import { LightgbmTrainer } from '../lightgbm/lightgbm-trainer.ts'
import type { FittedModel } from '../models/model-trainer.ts'
import { ridgeGraph } from '../onnx/ridge-graph.ts'
import type { NativeLibraries } from '../worker/worker-messages.ts'
import { fitRidge, PENALTY_GRID, predictRidge, type RidgeModel } from '../ridge/ridge-regression.ts'
import type { Candidate, OnProgress } from './candidate.ts'
import { exportCandidate, type ExportableModel } from './export-candidate.ts'

export interface CandidateOptions {
  /** Most boosting rounds. */
  readonly rounds: number
  readonly threads: number
  readonly seed: number
  readonly libraries: NativeLibraries
}

/** Fewer examples than this cannot be split into anything that says something. */
export const EXAMPLES_MIN = 600
/** A split with fewer rows, after purging, cannot be measured. */
const SPLIT_ROWS_MIN = 20

/**
 * The double sums of 82 products may differ in their last bits with the order of adding; returns are
 * of the order of 0.1 percent, so this is far below anything a forecast means.
 */
const RIDGE_TOLERANCE = 1e-12

/** @throws CandlewireError TRAINING_DATA_INSUFFICIENT */
export function splitForTraining(
  dataset: Dataset,
  dropped: Readonly<Record<string, number>>,
): TimeSplit {
  const split = splitByTime(dataset)
  const rows = Object.fromEntries(SPLIT_NAMES.map((name) => [name, rowsOf(split.ranges[name])]))
  if (dataset.rows < EXAMPLES_MIN || Object.values(rows).some((count) => count < SPLIT_ROWS_MIN)) {
    const left = Object.entries(dropped).map(
      ([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`,
    )
    throw new CandlewireError(
      'TRAINING_DATA_INSUFFICIENT',
      `${dataset.rows} usable examples, at least ${EXAMPLES_MIN} are needed with ${SPLIT_ROWS_MIN} in every split ` +
        `(left out: ${left.length === 0 ? 'none' : left.join(', ')})`,
      { details: { usable: dataset.rows, dropped, splits: rows } },
    )
  }
  return split
}

export async function trainCandidates(
  dataset: Dataset,
  split: TimeSplit,
  options: CandidateOptions,
  onProgress: OnProgress,
): Promise<Candidate[]> {
  const ridge = trainRidge(dataset, split, onProgress)
  onProgress({ stage: 'exporting', done: 0, total: 2 })
  const ridgeCandidate = await exportCandidate(ridge, dataset, split)
  const trees = await trainTrees(dataset, split, options, onProgress)
  try {
    onProgress({ stage: 'exporting', done: 1, total: 2 })
    return [ridgeCandidate, await exportCandidate(trees, dataset, split)]
  } finally {
    trees.dispose()
  }
}

const labelled = (dataset: Dataset, range: SplitRange) => ({
  matrix: matrixOf(dataset, range),
  labels: labelsOf(dataset, range),
})

function trainRidge(dataset: Dataset, split: TimeSplit, onProgress: OnProgress): ExportableModel {
  const { train, validation } = split.ranges
  let bestValidationRmse = Infinity
  const model = fitRidge(
    labelled(dataset, train),
    labelled(dataset, validation),
    dataset.columns.length,
    (index, rmse) => {
      bestValidationRmse = Math.min(bestValidationRmse, rmse)
      onProgress({
        stage: 'ar7_ridge',
        done: index + 1,
        total: PENALTY_GRID.length,
        bestValidationRmse,
      })
    },
  )
  return {
    algorithm: 'ar7_ridge',
    export: (rows) =>
      exportModel(
        {
          algorithm: 'ar7_ridge',
          prediction: {
            graph: ridgeGraph(model),
            native: (matrix) => predictRidge(model, matrix),
            tolerance: RIDGE_TOLERANCE,
          },
          thresholds: clampBounds(model),
        },
        rows,
      ),
    parameters: {
      penalty_per_row: String(model.penalty),
      penalties_tried: String(PENALTY_GRID.length),
    },
    notes: ridgeNotes(model),
  }
}

function clampBounds({ standardisation }: RidgeModel): Threshold[] {
  return [standardisation.lowest, standardisation.highest].flatMap((bounds) =>
    Array.from(bounds, (value, column) => ({ column, value })),
  )
}

function ridgeNotes(model: RidgeModel): string[] {
  const notes = [`Ridge penalty ${model.penalty.toPrecision(3)} per row chosen on validation.`]
  if (model.penalty === PENALTY_GRID.at(-1))
    notes.push('The largest penalty won: the columns add nothing to the mean return.')
  return notes
}

async function trainTrees(
  dataset: Dataset,
  split: TimeSplit,
  options: CandidateOptions,
  onProgress: OnProgress,
): Promise<FittedModel> {
  const trainer = new LightgbmTrainer(new LightgbmLibrary(options.libraries.lightgbm ?? ''))
  const startedMs = performance.now()
  const { rounds, threads, seed } = options
  return trainer.fit({
    dataset,
    train: [split.ranges.train],
    validation: split.ranges.validation,
    objective: 'regression',
    parameters: {},
    rounds,
    threads,
    seed,
    onRound: ({ round, bestLoss }) => {
      const secondsPerRound = (performance.now() - startedMs) / 1000 / round
      onProgress({
        stage: 'lightgbm',
        done: round,
        total: rounds,
        bestValidationRmse: bestLoss,
        etaSeconds: secondsPerRound * (rounds - round),
      })
      return 'continue'
    },
  })
}

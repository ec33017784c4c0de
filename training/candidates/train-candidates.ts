/**
 * Trains every algorithm on the same split and exports each. Runs in the training process: long
 * native calls, synchronous inference and the whole matrix in memory.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { rowsOf, type Dataset } from '../examples/dataset.ts'
import { SPLIT_NAMES, splitByTime, type TimeSplit } from '../examples/time-split.ts'
import { createTrainers } from '../models/create-trainers.ts'
import type { FitRequest } from '../models/model-trainer.ts'
import type { NativeLibraries } from '../worker/worker-messages.ts'
import type { Candidate, OnProgress } from './candidate.ts'
import { exportCandidate } from './export-candidate.ts'

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
  const trainers = createTrainers(options.libraries)
  const algorithms = ['ar7_ridge', 'lightgbm'] as const
  const candidates: Candidate[] = []
  for (const [done, algorithm] of algorithms.entries()) {
    onProgress({ stage: algorithm, done: 0, total: options.rounds })
    const model = await trainers[algorithm].fit(requestOf(dataset, split, options, onProgress))
    try {
      onProgress({ stage: 'exporting', done, total: algorithms.length })
      candidates.push(await exportCandidate(model, dataset, split))
    } finally {
      model.dispose()
    }
  }
  return candidates
}

function requestOf(
  dataset: Dataset,
  split: TimeSplit,
  { rounds, threads, seed }: CandidateOptions,
  onProgress: OnProgress,
): FitRequest {
  const startedMs = performance.now()
  return {
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
  }
}

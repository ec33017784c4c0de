/** Searches the parameters of every algorithm of a run, members before the stack that blends them. */
import { createHash } from 'node:crypto'
import type { Algorithm, OnProgress } from '../candidates/candidate.ts'
import { leaveOut, type LeftOut } from '../candidates/left-out.ts'
import type { Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import type { ModelTrainer, TrialParameters } from '../models/model-trainer.ts'
import { codeVersion } from '../code-version.ts'
import type { TrainingJob } from '../worker/worker-messages.ts'
import { crossValidation, evaluateOn, type CrossValidation } from './cross-validation.ts'
import { runSearch, type SearchResult } from './run-search.ts'
import { SEARCH_ROWS, thinDataset } from './thin-dataset.ts'
import { TrialJournal } from './trial-journal.ts'
import type { OnTrial, TrialRecord } from './trial.ts'

/** Most rounds of a fit of the search; early stopping ends most fits long before. */
const SEARCH_ROUNDS = 200

export interface SearchedModels {
  /** By algorithm; empty parameters are the defaults. */
  readonly best: ReadonlyMap<Algorithm, TrialRecord>
  /** Parameters to fit with, by algorithm: of a stack, those of its members. */
  readonly parameters: ReadonlyMap<Algorithm, TrialParameters>
  readonly trials: readonly TrialRecord[]
  /** Those that could not be fitted to the folds. */
  readonly leftOut: readonly LeftOut[]
  /** Removes the journals: call it when the run has ended well. */
  readonly forget: () => void
}

export interface SearchModelsOptions {
  readonly job: TrainingJob
  readonly trainers: Readonly<Record<Algorithm, ModelTrainer>>
  readonly dataset: Dataset
  readonly datasetDigest: string
  /** The training split: nothing else is looked at. */
  readonly train: SplitRange
  readonly onProgress: OnProgress
  readonly onTrial: OnTrial
}

export async function searchModels(options: SearchModelsOptions): Promise<SearchedModels> {
  const { job, dataset, train } = options
  const folds = crossValidation(thinDataset(dataset, train), job.horizonMinutes, job.folds)
  const best = new Map<Algorithm, TrialRecord>()
  const parameters = new Map<Algorithm, TrialParameters>()
  const trials: TrialRecord[] = []
  const journals: TrialJournal[] = []
  const leftOut: LeftOut[] = []
  const isStack = (algorithm: Algorithm) => algorithm === 'stack'
  const order = [...job.models].sort((a, b) => Number(isStack(a)) - Number(isStack(b)))
  for (const algorithm of order) {
    const given = isStack(algorithm) ? membersParameters(parameters) : {}
    const journal = openJournal(options, algorithm, given)
    if (journal !== undefined) journals.push(journal)
    try {
      const found = await searchOne(options, folds, algorithm, given, journal)
      best.set(algorithm, found.best)
      parameters.set(algorithm, { ...given, ...found.best.parameters })
      trials.push(...found.trials)
    } catch (thrown) {
      leftOut.push(leaveOut(algorithm, thrown))
    } finally {
      journal?.close()
    }
  }
  const forget = () => journals.forEach((journal) => journal.remove())
  return { best, parameters, trials, leftOut, forget }
}

function searchOne(
  { job, trainers, onProgress, onTrial }: SearchModelsOptions,
  folds: CrossValidation,
  algorithm: Algorithm,
  given: TrialParameters,
  journal: TrialJournal | undefined,
): Promise<SearchResult> {
  const trainer = trainers[algorithm]
  const total = Object.keys(trainer.searchSpace).length === 0 ? 1 : job.trials + 1
  let bestValue = Infinity
  onProgress({ stage: 'search', algorithm, done: 0, total })
  return runSearch({
    algorithm,
    space: trainer.searchSpace,
    trials: job.trials,
    seed: job.seed,
    known: journal?.trials ?? [],
    evaluate: evaluateOn(folds, {
      trainer,
      objective: job.objective,
      rounds: Math.min(job.rounds, SEARCH_ROUNDS),
      seed: job.seed,
      threads: job.threads,
      costs: job.costs,
      given,
    }),
    keep: (trial) => journal?.append(trial),
    onTrial: (trial) => {
      onTrial(trial)
      if (trial.value !== null && !trial.pruned) bestValue = Math.min(bestValue, trial.value)
      onProgress({
        stage: 'search',
        algorithm,
        done: trial.number + 1,
        total,
        ...(Number.isFinite(bestValue) ? { bestValidationRmse: bestValue } : {}),
      })
    },
  })
}

/** `lightgbm.learning_rate`: the names under which a stack passes them on. */
function membersParameters(found: ReadonlyMap<Algorithm, TrialParameters>): TrialParameters {
  return Object.fromEntries(
    [...found].flatMap(([member, parameters]) =>
      Object.entries(parameters).map(([name, value]) => [`${member}.${name}`, value]),
    ),
  )
}

function openJournal(
  { job, datasetDigest, dataset, train, trainers }: SearchModelsOptions,
  algorithm: Algorithm,
  given: TrialParameters,
): TrialJournal | undefined {
  if (job.journalFolder === null) return undefined
  const { objective, horizonMinutes, trials, seed, rounds, costs, folds } = job
  const identity = {
    datasetDigest,
    columns: dataset.columns,
    train,
    algorithm,
    space: trainers[algorithm].searchSpace,
    given,
    ...{ objective, horizonMinutes, trials, seed, rounds, costs, folds },
    searchRows: SEARCH_ROWS,
    code: codeVersion(),
  }
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex')
  return TrialJournal.open(job.journalFolder, digest)
}

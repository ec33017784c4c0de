/** What the training process and the process that started it say to each other (structured clone). */
import type { ModelVersion } from '../../schemas/generated.ts'
import type { ErrorCode } from '../../streams/errors.ts'
import type { BacktestCosts } from '../backtest/backtest-costs.ts'
import type { Algorithm, AssessedCandidate, TrainingProgress } from '../candidates/candidate.ts'
import type { LeftOut } from '../candidates/left-out.ts'
import type { DatasetManifest } from '../examples/manifest.ts'
import type { SpooledRequest } from '../examples/spool-examples.ts'
import type { Objective } from '../models/model-trainer.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import type { FoldKind } from '../search/cross-validation.ts'
import type { TrialRecord } from '../search/trial.ts'

/** Paths of the shared libraries; only those that the job's models need have to be there. */
export interface NativeLibraries {
  readonly lightgbm?: string
  readonly xgboost?: string
}

/** The model that is live now, to be beaten. */
export interface LiveChampion {
  readonly version: ModelVersion
  readonly onnx: Uint8Array
}

/** The examples as `spoolExamples` left them, and what to do with them. */
export interface TrainingJob extends SpooledRequest {
  readonly libraries: NativeLibraries
  /** How far ahead to predict: which label, and how long a position of the backtest is held. */
  readonly horizonMinutes: number
  readonly objective: Objective
  /** Algorithms to train, without repetition. */
  readonly models: readonly Algorithm[]
  /** Trials of the search for each algorithm that has a search space; 0 takes the defaults. */
  readonly trials: number
  /** How the rows of the training split are divided to judge a trial. */
  readonly folds: FoldKind
  /** Most boosting rounds. */
  readonly rounds: number
  readonly threads: number
  readonly seed: number
  /** Where a search keeps its journal, so that a killed one goes on; null keeps none. */
  readonly journalFolder: string | null
  /** Null where no model of this name is live. */
  readonly champion: LiveChampion | null
  /** p-value a lead has to stay under, before it is divided by the number of candidates. */
  readonly significance: number
  readonly costs: BacktestCosts
  /** Rows of the second out-of-time split, the newest ones. */
  readonly oot2Rows: number
  /** Columns kept: the most important ones that make up this share of importance; null keeps all. */
  readonly featureShare: number | null
}

/** What a phase of the run took. */
export interface PhaseTiming {
  readonly phase: string
  readonly seconds: number
  /** Of the training process, all threads. */
  readonly cpuSeconds: number
}

export interface TrainingOutcome {
  /** In the order of the job's models, those left out missing. Exactly one has rank 1. */
  readonly candidates: readonly AssessedCandidate[]
  /** Algorithms that could not be fitted to this data. */
  readonly leftOut: readonly LeftOut[]
  /** Input columns of all candidates, in order; fewer than spooled after a selection of features. */
  readonly columns: readonly string[]
  /** Instruments that have examples in the data set, ascending. */
  readonly instruments: readonly string[]
  /** Examples in one of the splits. */
  readonly usedRows: number
  /** Rows left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** sha256 of matrix, labels and times, hex. */
  readonly datasetDigest: string
  /** By which the run can be repeated; `manifestDigest` of it goes into the versions. */
  readonly manifest: DatasetManifest
  /** Passed, or with warnings: what fails is thrown as TRAINING_DATA_REFUSED with the report in its details. */
  readonly quality: QualityReport
  /** Latest time that an input or label of any split reaches, ms. */
  readonly trainedUntilMs: number
  /** Every trial of every search, in order, those from a journal included. */
  readonly trials: readonly TrialRecord[]
  readonly timings: readonly PhaseTiming[]
  /** Of the training process as a whole, all threads. */
  readonly cpuSeconds: number
  /** Most memory it held, bytes. */
  readonly peakRssBytes: number
}

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'trial'; readonly trial: TrialRecord }
  | { readonly kind: 'done'; readonly outcome: TrainingOutcome }
  | {
      readonly kind: 'failed'
      /** Undefined for a failure that has no code. */
      readonly code: ErrorCode | undefined
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }

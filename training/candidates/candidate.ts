/** What training a model gives, before it has a version. */
import type {
  ExportCertificate,
  FeatureImportance,
  GateVerdict,
  SplitMetrics,
} from '../../schemas/generated.ts'
import type { ModelTrainer, RoundReport } from '../models/model-trainer.ts'
import type { EquityPoint, SplitForecast } from '../report/training-report-data.ts'

export type Algorithm = ModelTrainer['algorithm']

export interface Candidate {
  readonly algorithm: Algorithm
  /** The exported model. */
  readonly onnx: Uint8Array
  /** One entry per split, in order of time. */
  readonly metrics: readonly SplitMetrics[]
  readonly goldenInputs: readonly (readonly number[])[]
  readonly goldenOutputs: readonly number[]
  readonly certificate: ExportCertificate
  readonly parameters: Readonly<Record<string, string>>
  /** What a reader should know about how it came about, in words. */
  readonly notes: readonly string[]
}

/** A candidate with everything that was decided about it. */
export interface AssessedCandidate extends Candidate {
  /** Place among the candidates of the run, from 1: the best one is served, as champion or shadow. */
  readonly rank: number
  /** Whether it may become champion by itself, and why or why not. */
  readonly gate: GateVerdict
  /** How it was chosen and what may be claimed for it, in words; `notes` included. */
  readonly selectionNotes: readonly string[]
  /** RMSE (classification: log loss against the base rate) on validation and test. */
  readonly beatsZeroForecast: boolean
  /** Algorithms a stack blends; empty for others. */
  readonly members: readonly string[]
  /** Descending by share. */
  readonly importance: readonly FeatureImportance[]
  readonly importanceMethod: string | null
  /** Encoded reference profile for drift; null where it could not be made. */
  readonly profile: Uint8Array | null
  /** Best measure of its search in cross-validation; null without one. */
  readonly cvValue: number | null
  /** Rounds of the final fit; empty where the algorithm has none. */
  readonly learningCurve: readonly RoundReport[]
  /** What it forecast on the splits it was not fitted to. */
  readonly forecasts: readonly SplitForecast[]
  /** Of the backtest after costs, out of time. */
  readonly equity: readonly EquityPoint[]
}

/** How far training is. `etaSeconds` is an upper bound: early stopping may end it sooner. */
export interface TrainingProgress {
  readonly stage:
    | 'reading'
    | 'preparing'
    | 'checking'
    | 'search'
    | Algorithm
    | 'exporting'
    | 'measuring'
    | 'profiling'
    | 'publishing'
  /** Steps of the stage done and at most to do; their unit depends on the stage. */
  readonly done: number
  readonly total: number
  /** Of the search, an export, a measurement: which algorithm. */
  readonly algorithm?: string
  /** Lowest RMSE, of a classification log loss, so far. */
  readonly bestValidationRmse?: number
  readonly etaSeconds?: number
}

export type OnProgress = (progress: TrainingProgress) => void

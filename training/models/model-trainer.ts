/**
 * The contract between the search, which decides what to try, and the algorithms, which fit it.
 * One object per algorithm; a walk over all of them is the contract suite.
 */
import type { ExportCertificate, FeatureImportance } from '../../schemas/generated.ts'
import type { Dataset } from '../examples/dataset.ts'
import type { Threshold } from '../export/adversarial-rows.ts'
import type { OnnxGraph } from '../onnx/onnx-model.ts'
import type { SplitRange } from '../examples/time-split.ts'

export type Objective = 'regression' | 'classification'
export type Algorithm = 'lightgbm' | 'xgboost' | 'ar7_ridge' | 'stack'

/** Numbers a trial varies, by the name the search space gives them; those of a stack's members as `member.name`. */
export type TrialParameters = Readonly<Record<string, number>>

/** One dimension of a search space; `log` is sampled evenly in the logarithm, `integer` is rounded. */
export interface SearchDimension {
  readonly low: number
  readonly high: number
  readonly scale: 'linear' | 'log'
  readonly integer?: true
}

export interface FitRequest {
  /** Its labels are forward returns in percent for both objectives; upward is > 0. */
  readonly dataset: Dataset
  /** Rows to fit, ascending and disjoint: one range, or several in cross-validation. */
  readonly train: readonly SplitRange[]
  /** Rows for early stopping; without them exactly `rounds` rounds are kept. */
  readonly validation: SplitRange | undefined
  readonly objective: Objective
  /** What is missing takes the algorithm's default. */
  readonly parameters: TrialParameters
  /** Most boosting rounds; linear models ignore it. */
  readonly rounds: number
  readonly seed: number
  readonly threads: number
  /** Called after each round with the losses so far (RMSE or log loss); 'stop' prunes the fit. */
  readonly onRound?: (round: RoundReport) => 'continue' | 'stop'
}

export interface RoundReport {
  /** From 1. */
  readonly round: number
  readonly trainLoss: number | undefined
  /** NaN without validation rows. */
  readonly validationLoss: number
  /** Lowest validation loss up to here; NaN without validation rows. */
  readonly bestLoss: number
}

/** Shares of the whole per input column, descending; columns without any are left out. */
export interface Importance {
  /** `gain`, `mean_abs_contribution` or `abs_standardised_weight`. */
  readonly method: string
  readonly columns: readonly FeatureImportance[]
}

/** A fitted model that a blend can be made of. */
export interface BlendableModel extends FittedModel {
  /** What is served: percent, or the probability. */
  graph(): OnnxGraph
  /** Where the model decides. */
  thresholds(): readonly Threshold[]
  /** Rows of `[rows, columns] float32` for which a tree ends in another leaf in the library than in the export. */
  branchFlips(matrix: Float32Array): number
}

/** A fitted model; native memory lives until `dispose`. */
export interface FittedModel {
  readonly algorithm: Algorithm
  /** Algorithms a stack blends, in the order of its weights; empty for others. */
  readonly members: readonly Algorithm[]
  /** Everything that was set, defaults included, for the record. */
  readonly parameters: Readonly<Record<string, string>>
  /** What a reader should know about how it came about, in words. */
  readonly notes: readonly string[]
  /** Rounds kept; 1 for linear models. */
  readonly rounds: number
  /** Empty where the algorithm has no rounds. */
  readonly learningCurve: readonly RoundReport[]
  /** Whether `onRound` ended it. */
  readonly pruned: boolean
  /** By the native library. @param matrix `[rows, columns] float32`. @returns percent return, or probability */
  predict(matrix: Float32Array): Float64Array
  /** As the fit itself knows it, without looking at rows: gain for trees. */
  importance(): Importance
  /**
   * What each column adds to or takes from the forecasts of a sample, on average of its size (SHAP for
   * trees). @param sample `[rows, columns] float32`; trees take about 1 s for 5,000 rows and 200 trees
   */
  contributionImportance(sample: Float32Array): Importance
  /** Exports and proves it on rows of the data set and on adversarial ones. @throws EXPORT_NOT_EXACT */
  export(dataset: Dataset): Promise<ExportedModel>
  dispose(): void
}

export interface ExportedModel {
  readonly onnx: Uint8Array
  readonly certificate: ExportCertificate
  readonly goldenInputs: readonly (readonly number[])[]
  readonly goldenOutputs: readonly number[]
}

export interface ModelTrainer<Model extends FittedModel = FittedModel> {
  readonly algorithm: Algorithm
  /** What the search varies; empty: one fit. */
  readonly searchSpace: Readonly<Record<string, SearchDimension>>
  /** @throws CandlewireError NATIVE_LIBRARY_FAILED */
  fit(request: FitRequest): Promise<Model>
}

/** What training a model gives, before it has a version. */
import type { ExportCertificate, SplitMetrics } from '../../schemas/generated.ts'

export type Algorithm = 'ar7_ridge' | 'lightgbm'

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

/** How far training is. `etaSeconds` is an upper bound: early stopping may end it sooner. */
export interface TrainingProgress {
  readonly stage: 'reading' | 'preparing' | Algorithm | 'exporting' | 'publishing'
  /** Steps of the stage done and at most to do; their unit depends on the stage. */
  readonly done: number
  readonly total: number
  readonly bestValidationRmse?: number
  readonly etaSeconds?: number
}

export type OnProgress = (progress: TrainingProgress) => void

/** What the training process and the process that started it say to each other (structured clone). */
import type { Candidate, TrainingProgress } from '../candidates/candidate.ts'
import type { SpoolIndex } from '../examples/example-spool.ts'
import type { ErrorCode } from '../../streams/errors.ts'

export interface TrainingJob {
  readonly spool: SpoolIndex
  readonly nativeLibraryPath: string
  readonly rounds: number
  readonly threads: number
  readonly seed: number
}

export interface TrainingOutcome {
  readonly candidates: readonly Candidate[]
  /** Instruments that have examples in the data set, ascending. */
  readonly instruments: readonly string[]
  /** Examples in one of the splits. */
  readonly usedRows: number
  /** Rows left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** sha256 of matrix, labels and times, hex. */
  readonly datasetDigest: string
  /** Latest time that an input or label of any split reaches, ms. */
  readonly trainedUntilMs: number
}

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'done'; readonly outcome: TrainingOutcome }
  | {
      readonly kind: 'failed'
      /** Undefined for a failure that has no code. */
      readonly code: ErrorCode | undefined
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }

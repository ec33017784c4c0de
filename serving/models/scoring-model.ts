/** What the server needs of a loaded model, wherever it runs. Tests bring their own. */
import type { ModelVersion } from '../../schemas/generated.ts'
import type { TrainingRanges } from './training-ranges.ts'

export interface ScoringModel {
  readonly version: ModelVersion
  /** What it saw in training; unset where its reference profile is not to be had. */
  readonly ranges?: TrainingRanges | undefined
  /**
   * Scores `rows` rows of a row-major matrix `[rows, columns] float32`, a missing input as NaN.
   * The matrix is handed over: its buffer may be moved to another thread.
   * @returns `[rows]` predicted returns in percent.
   * @throws CandlewireError MODEL_FAILED or OVERLOADED
   */
  score(matrix: Float32Array, rows: number): Promise<Float64Array>
  /** Lets calls that wait share a run. For models whose answers do not depend on it only. */
  joinCalls?(): void
  /** Gives everything back. Calls that are still open fail with MODEL_FAILED. */
  close(): Promise<void>
  /** Resolves with the cause if the model dies without having been closed. */
  readonly died: Promise<Error>
}

/** Rows of one call: keeps one call below a few ms, so that a single row never waits long. */
export const BATCH_ROWS_MAX = 256

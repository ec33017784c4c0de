/**
 * What the calibration of drift alarms is made from and what it makes. `calibrateDrift` runs inside
 * the training process over the training split; its result goes into `ReferenceProfile.calibration`.
 */
import type { ReferenceProfile } from '../../models/reference-profile.ts'

/** Vectors in the sliding window that is compared with the reference, unless DRIFT_WINDOW says otherwise. */
export const DRIFT_WINDOW = 1_440

export interface DriftCalibrationInput {
  readonly columns: readonly string[]
  readonly rows: number
  /** The training split: `[rows, columns] float32`, row-major, sorted by event time; NaN is missing. */
  readonly matrix: Float32Array
  /** `[rows]`, ms, ascending. */
  readonly eventTimeMs: ArrayLike<number>
  /** Index of each row's instrument, `[rows]`; unset: all rows are of one. Windows never mix instruments. */
  readonly instrumentOfRow?: ArrayLike<number>
  /** Vectors in the sliding window; unset: {@link DRIFT_WINDOW}. A profile serves only this window. */
  readonly windowVectors?: number
}

/** The signature of `calibrateDrift`: deterministic, CPU only, seconds for a million rows. */
export type CalibrateDrift = (input: DriftCalibrationInput) => ReferenceProfile['calibration']

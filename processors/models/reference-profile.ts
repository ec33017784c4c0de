/**
 * What a model was trained on, small enough to carry: the sample that drift is measured against.
 * The trainer makes it (`make-reference-profile.ts`), the artifact topic keeps it (format
 * `reference-profile`, bytes of `reference-profile-codec.ts`), drift reads it.
 */

export interface ReferenceProfile {
  /** Input columns of the model, in order. */
  readonly columns: readonly string[]
  readonly rows: number
  /** Column after column, `[columns, rows] float32` as the model saw them; NaN is missing. */
  readonly values: Float32Array
  /** What the model answered to these rows, `[rows]`. */
  readonly predictions: Float64Array
  /** Their labels, percent, `[rows]`. */
  readonly labels: Float64Array
  /** Event times of the rows, ascending, ms, `[rows]`. */
  readonly eventTimeMs: Float64Array
  /** Null distributions for the calibrated mode, by name; see processors/drift/calibration. */
  readonly calibration: Readonly<Record<string, readonly number[]>>
}

/** Rows kept of a training split, evenly spaced in time. */
export const REFERENCE_ROWS = 10_000

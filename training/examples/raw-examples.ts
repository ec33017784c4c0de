/**
 * Examples as they were read, before anything is sorted or dropped: two flat arrays that are also
 * the layout of the spool files, so that a million rows never become objects.
 */

/** Columns of `heads`. */
const HEAD = {
  instrument: 0,
  openTimeMs: 1,
  eventTimeMs: 2,
  labelTimeMs: 3,
  label: 4,
  status: 5,
} as const
export const HEAD_WIDTH = 6

/** Status of a row: usable, a tombstone for its key, computed with another feature set, or of a filled minute. */
export const STATUS = { ok: 0, deleted: 1, otherFeatureSet: 2, filledBar: 3 } as const

export interface RawExamples {
  /** Column names of `matrix` in order. */
  readonly columns: readonly string[]
  /** Instrument names; `heads` refers to them by index. */
  readonly instruments: readonly string[]
  /** `[rows, HEAD_WIDTH] float64`, in the order read; a missing label and its time are NaN. */
  readonly heads: Float64Array
  /** `[rows, columns] float32`, in the same order, NaN where a value is missing. */
  readonly matrix: Float32Array
}

/** Reads one head value. */
export const headOf = (heads: Float64Array, row: number, column: keyof typeof HEAD): number =>
  heads[row * HEAD_WIDTH + HEAD[column]]!

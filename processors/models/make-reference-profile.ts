/** The sample of a training split that a model carries as its reference for drift. */
import assert from 'node:assert/strict'
import { REFERENCE_ROWS, type ReferenceProfile } from './reference-profile.ts'

export interface TrainingRows {
  readonly columns: readonly string[]
  readonly rows: number
  /** `[rows, columns] float32`, row-major, sorted by event time; NaN is missing. */
  readonly matrix: Float32Array
  /** What the model answers to the rows, `[rows]`. */
  readonly predictions: ArrayLike<number>
  /** `[rows]`, percent. */
  readonly labels: ArrayLike<number>
  /** `[rows]`, ms, ascending. */
  readonly eventTimeMs: ArrayLike<number>
}

/** The rows that are kept: at most `kept`, evenly spaced, the first and the last among them. */
export function evenlySpacedRows(rows: number, kept = REFERENCE_ROWS): Int32Array {
  if (rows <= kept) return Int32Array.from({ length: rows }, (_, i) => i)
  if (kept === 1) return Int32Array.of(rows - 1)
  return Int32Array.from({ length: kept }, (_, i) => Math.round((i * (rows - 1)) / (kept - 1)))
}

/**
 * At most REFERENCE_ROWS rows of the training split, evenly spaced.
 *
 * @param calibration what `calibrateDrift` of processors/drift found on the same split; empty: none,
 *   then only the thresholds of the settings apply
 */
export function makeReferenceProfile(
  training: TrainingRows,
  calibration: ReferenceProfile['calibration'] = {},
): ReferenceProfile {
  const { columns, matrix, predictions, labels, eventTimeMs } = training
  const width = columns.length
  assert(matrix.length === training.rows * width, 'the matrix has a value for each row and column')
  const picked = evenlySpacedRows(training.rows)
  const rows = picked.length
  const values = new Float32Array(rows * width)
  for (let column = 0; column < width; column += 1)
    for (let row = 0; row < rows; row += 1)
      values[column * rows + row] = matrix[picked[row]! * width + column]!
  const pick = (from: ArrayLike<number>) => Float64Array.from(picked, (row) => from[row]!)
  return {
    columns,
    rows,
    values,
    predictions: pick(predictions),
    labels: pick(labels),
    eventTimeMs: pick(eventTimeMs),
    calibration,
  }
}

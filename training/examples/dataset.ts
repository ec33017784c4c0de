/** The matrix that models are trained on, and views on ranges of its rows. */
import type { RowTimes, SplitRange } from './time-split.ts'

/** Rows sorted by event time, then instrument; one per key; all labelled and warm. */
export interface Dataset extends RowTimes {
  /** Column names of `matrix` in order. */
  readonly columns: readonly string[]
  readonly rows: number
  /** `[rows, columns] float32`, row-major, NaN where a value is missing. */
  readonly matrix: Float32Array
  /** Forward returns, percent. */
  readonly labels: Float64Array
}

/** The rows of a range as a matrix of their own, sharing memory. */
export function matrixOf(dataset: Dataset, range: SplitRange): Float32Array {
  const width = dataset.columns.length
  return dataset.matrix.subarray(range.from * width, range.to * width)
}

/** The labels of a range, sharing memory. */
export function labelsOf(dataset: Dataset, range: SplitRange): Float64Array {
  return dataset.labels.subarray(range.from, range.to)
}

export const rowsOf = (range: SplitRange): number => range.to - range.from

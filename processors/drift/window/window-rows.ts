/** Rows the comparison reads its values from: `[capacity, width] float32`, row-major. */
export interface WindowRows {
  readonly rows: Float32Array
  readonly width: number
  /** Column of `rows` for each column of the reference. */
  readonly columnOf: Int32Array
}

/** Means, deviations, missing values and outliers of every column: three passes over the matrix, no copy. */
import type { Dataset } from '../examples/dataset.ts'

export interface ColumnStatistics {
  readonly column: string
  /** Rows with a finite value. */
  readonly present: number
  /** NaN. */
  readonly missing: number
  /** Infinite values, which no feature may have. */
  readonly infinite: number
  /** Of the finite values; NaN without any. */
  readonly mean: number
  /** Population standard deviation of the finite values; NaN without any. */
  readonly deviation: number
  readonly isConstant: boolean
  /** Finite values further from the mean than so many deviations. */
  readonly outliers: number
}

/** @param deviations distance from the mean from which a value is an outlier */
export function columnStatistics(dataset: Dataset, deviations: number): ColumnStatistics[] {
  const { matrix, rows, columns } = dataset
  const width = columns.length
  const each = () => new Float64Array(width)
  const [present, infinite, sum, lowest, highest] = [
    each(),
    each(),
    each(),
    each().fill(Infinity),
    each().fill(-Infinity),
  ]
  for (let at = 0, row = 0; row < rows; row += 1) {
    for (let column = 0; column < width; column += 1, at += 1) {
      const value = matrix[at]!
      if (value - value !== 0) {
        // NaN or infinite: the difference of finite values is 0.
        if (value === value) infinite[column]! += 1
        continue
      }
      present[column]! += 1
      sum[column]! += value
      if (value < lowest[column]!) lowest[column] = value
      if (value > highest[column]!) highest[column] = value
    }
  }
  const mean = sum.map((total, column) => total / present[column]!)
  const squares = each()
  eachFinite(matrix, width, (column, value) => {
    squares[column]! += (value - mean[column]!) ** 2
  })
  const deviation = squares.map((total, column) => Math.sqrt(total / present[column]!))
  const limit = deviation.map((each) => deviations * each)
  const outliers = each()
  eachFinite(matrix, width, (column, value) => {
    if (Math.abs(value - mean[column]!) > limit[column]!) outliers[column]! += 1
  })
  return columns.map((name, column) => ({
    column: name,
    present: present[column]!,
    missing: rows - present[column]! - infinite[column]!,
    infinite: infinite[column]!,
    mean: mean[column]!,
    deviation: deviation[column]!,
    isConstant: present[column]! > 0 && lowest[column] === highest[column],
    outliers: lowest[column] === highest[column] ? 0 : outliers[column]!,
  }))
}

function eachFinite(
  matrix: Float32Array,
  width: number,
  take: (column: number, value: number) => void,
): void {
  for (let from = 0; from < matrix.length; from += width) {
    for (let column = 0; column < width; column += 1) {
      const value = matrix[from + column]!
      if (value - value === 0) take(column, value)
    }
  }
}

/** A matrix for tests of models: any part of it can be written again in another language. */
import type { Dataset } from '../../training/examples/dataset.ts'

const START_MS = Date.UTC(2024, 0, 2)
const MINUTE_MS = 60_000
const HORIZON_BARS = 30

export interface SyntheticDatasetOptions {
  readonly rows: number
  readonly columns: number
  /** Share of the label that the columns explain; the rest is noise. */
  readonly signal?: number
}

/** Uniform from -0.5 to 0.5 by position: the finaliser of MurmurHash3 (Austin Appleby, public domain). */
export function positionNoise(index: number): number {
  let mixed = (index + 0x9e3779b9) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32 - 0.5
}

/**
 * Column 1 has gaps, column 2 many zeros, the last one is never there. The label leans on column 0, on
 * which side of 0.1 column 1 is, and on the size of column 2 (which no linear model sees).
 */
export function syntheticDataset({
  rows,
  columns,
  signal = 0.5,
}: SyntheticDatasetOptions): Dataset {
  const matrix = new Float32Array(rows * columns)
  const labels = new Float64Array(rows)
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1)
      matrix[row * columns + column] = cellOf(row, column, columns)
    const [first = 0, second = 0, third = 0] = matrix.subarray(row * columns, row * columns + 3)
    const explained = first + (second > 0.1 ? 0.25 : -0.25) + (Math.abs(third) > 0.2 ? 0.3 : -0.3)
    labels[row] = signal * explained + (1 - signal) * positionNoise(row * 7 + 3)
  }
  return {
    columns: Array.from({ length: columns }, (_, column) => `c${column}`),
    rows,
    matrix,
    labels,
    eventTimeMs: Float64Array.from({ length: rows }, (_, row) => START_MS + row * MINUTE_MS),
    labelTimeMs: Float64Array.from(
      { length: rows },
      (_, row) => START_MS + (row + HORIZON_BARS) * MINUTE_MS,
    ),
  }
}

function cellOf(row: number, column: number, columns: number): number {
  if (column === columns - 1 || (column === 1 && row % 9 === 0)) return NaN
  if (column === 2 && row % 3 === 0) return 0
  return positionNoise(row * columns + column)
}

/**
 * All sums of products that a linear regression needs, in one pass over float32 rows: the Gram
 * matrix of the standardised columns, extended by a column of ones and the labels.
 *
 * Rows are standardised in blocks that stay in the cache, column by column, and each product sum is
 * kept in float64 registers, 2 x 2 columns at a time: 109,000 x 82 takes about half a second.
 */
import type { Standardisation } from './standardisation.ts'

/** 256 rows of 84 doubles are 172 KB: they fit the second-level cache. */
const BLOCK_ROWS = 256

/** Rows in parts of `[n, width] float32`, row-major, and the labels of all parts in order. */
export interface LabelledParts {
  readonly parts: readonly Float32Array[]
  readonly labels: Float64Array
}

/** Sums over rows. `w` is the number of columns; z are the standardised values, y the labels. */
export interface GramSums {
  readonly rows: number
  /** `[w, w]` row-major, both triangles: sum of z_i z_j. */
  readonly products: Float64Array
  /** `[w]`: sum of z_i. */
  readonly sums: Float64Array
  /** `[w]`: sum of z_i y. */
  readonly labelProducts: Float64Array
  /** Sum of y. */
  readonly labelSum: number
}

/** @param rows their labels may be anything that is regressed on, not only returns. */
export function gramSums(rows: LabelledParts, standardisation: Standardisation): GramSums {
  const width = standardisation.mean.length
  const extended = width + 2 + (width % 2)
  const total = new Float64Array(extended * extended)
  const block = new Float64Array(extended * BLOCK_ROWS)
  let first = 0
  for (const matrix of rows.parts) {
    const count = matrix.length / width
    const labels = rows.labels.subarray(first, first + count)
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      fillBlock(block, { matrix, labels }, standardisation, from)
      addProducts(total, block, extended)
    }
    first += count
  }
  return sumsOf(total, width, extended, first)
}

/** Column-major, so that the product loops run over neighbours; rows beyond the end are zero. */
function fillBlock(
  block: Float64Array,
  { matrix, labels }: { readonly matrix: Float32Array; readonly labels: Float64Array },
  standardisation: Standardisation,
  from: number,
): void {
  const { mean, scale, lowest, highest } = standardisation
  const width = mean.length
  const rows = Math.min(BLOCK_ROWS, labels.length - from)
  if (rows < BLOCK_ROWS) block.fill(0)
  for (let row = 0; row < rows; row += 1) {
    const base = (from + row) * width
    for (let column = 0; column < width; column += 1) {
      // `centred` written out: 160 million calls of it take longer than the products.
      const value = matrix[base + column]!
      const low = lowest[column]!
      const high = highest[column]!
      const held = value < low ? low : value > high ? high : value
      block[column * BLOCK_ROWS + row] =
        value === value ? (held - mean[column]!) * scale[column]! : 0
    }
    block[width * BLOCK_ROWS + row] = 1
    block[(width + 1) * BLOCK_ROWS + row] = labels[from + row]!
  }
}

function addProducts(total: Float64Array, block: Float64Array, extended: number): void {
  for (let i = 0; i < extended; i += 2) {
    const i0 = i * BLOCK_ROWS
    const i1 = i0 + BLOCK_ROWS
    for (let j = i; j < extended; j += 2) {
      const j0 = j * BLOCK_ROWS
      const j1 = j0 + BLOCK_ROWS
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      for (let row = 0; row < BLOCK_ROWS; row += 1) {
        const a0 = block[i0 + row]!
        const a1 = block[i1 + row]!
        const b0 = block[j0 + row]!
        const b1 = block[j1 + row]!
        s00 += a0 * b0
        s01 += a0 * b1
        s10 += a1 * b0
        s11 += a1 * b1
      }
      total[i * extended + j]! += s00
      total[i * extended + j + 1]! += s01
      total[(i + 1) * extended + j]! += s10
      total[(i + 1) * extended + j + 1]! += s11
    }
  }
}

function sumsOf(total: Float64Array, width: number, extended: number, rows: number): GramSums {
  const at = (i: number, j: number): number => total[Math.min(i, j) * extended + Math.max(i, j)]!
  const each = (value: (column: number) => number) =>
    Float64Array.from({ length: width }, (_, column) => value(column))
  return {
    rows,
    products: Float64Array.from({ length: width * width }, (_, cell) =>
      at(Math.floor(cell / width), cell % width),
    ),
    sums: each((column) => at(column, width)),
    labelProducts: each((column) => at(column, width + 1)),
    labelSum: at(width, width + 1),
  }
}

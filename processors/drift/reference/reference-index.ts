/**
 * The columns of a reference profile, arranged for comparison with a window: made once per profile
 * and shared by all instruments.
 *
 * The line of numbers is cut into *cells* that alternate between each distinct reference value and
 * the gap before it: cell 2k is the open gap below distinct value k, cell 2k + 1 is that value, and
 * the last cell is the gap above all. A window value is known by its cell alone, ties included. The
 * cells of a column are padded to whole blocks of {@link LEAF}; all columns lie in one memory.
 */
import type { ReferenceProfile } from '../../models/reference-profile.ts'

/** Cells in a block: a bit each fits a word. */
export const LEAF = 32
export const LEAF_BITS = 5
/** Code of a missing value. Cells are fewer: a profile has at most 30,000 rows. */
export const MISSING = 0xffff
/** Bins of the population stability index: deciles of the reference. */
export const PSI_BINS = 10
/** Strips of the search grid of a column, and the share of the values beyond each of its ends. */
const GRID = 1_024
const GRID_TAIL = 0.01

export class ReferenceIndex {
  readonly columns: readonly string[]
  /** Values that are there, by column. */
  readonly present: Int32Array
  /** Share of reference rows without the value, by column. */
  readonly missingShare: Float64Array
  /** Distinct values, column after column, ascending; those of column j are `[distinctFrom[j], distinctFrom[j + 1])`. */
  readonly distinct: Float32Array
  readonly distinctFrom: Int32Array
  /** How many reference values are at most `distinct[i]`, within its column. */
  readonly upTo: Uint16Array
  /** Sum of the reference values up to `distinct[i]`, each less the smallest of its column. */
  readonly sumUpTo: Float64Array
  /** First cell of each column, a multiple of LEAF; one more entry for the end. */
  readonly cellFrom: Int32Array
  /** 1 for a block of cells in which a reference value comes more than once. */
  readonly leafTies: Uint8Array
  /**
   * A column is cut into GRID strips of equal width, so that a value is searched among few:
   * distinct values before each strip, `[columns, GRID + 1]`.
   */
  private readonly grid: Uint16Array
  private readonly gridFrom: Float64Array
  private readonly gridScale: Float64Array
  /** Last code of each PSI bin but the last, `[columns, PSI_BINS - 1]`; 0xffff where a bin is empty by ties. */
  readonly binEnds: Uint16Array
  /** Reference values in each PSI bin, `[columns, PSI_BINS]`. */
  readonly binCounts: Int32Array

  constructor(profile: Pick<ReferenceProfile, 'columns' | 'rows' | 'values'>) {
    const { columns, rows, values } = profile
    const width = columns.length
    this.columns = columns
    this.present = new Int32Array(width)
    this.missingShare = new Float64Array(width)
    this.distinctFrom = new Int32Array(width + 1)
    this.cellFrom = new Int32Array(width + 1)
    const distinct = new Float32Array(width * rows)
    const upTo = new Uint16Array(width * rows)
    for (let column = 0; column < width; column += 1) {
      const sorted = finite(values.subarray(column * rows, (column + 1) * rows)).sort()
      let at = this.distinctFrom[column]!
      for (let i = 0; i < sorted.length; i += 1) {
        if (i + 1 < sorted.length && sorted[i + 1] === sorted[i]) continue
        distinct[at] = sorted[i]!
        upTo[at] = i + 1
        at += 1
      }
      const cells = 2 * (at - this.distinctFrom[column]!) + 1
      this.present[column] = sorted.length
      this.missingShare[column] = (rows - sorted.length) / rows
      this.distinctFrom[column + 1] = at
      this.cellFrom[column + 1] = this.cellFrom[column]! + Math.ceil(cells / LEAF) * LEAF
    }
    this.distinct = distinct.slice(0, this.distinctFrom[width])
    this.upTo = upTo.slice(0, this.distinctFrom[width])
    this.sumUpTo = new Float64Array(this.distinct.length)
    this.leafTies = new Uint8Array(this.cellFrom[width]! >> LEAF_BITS)
    this.grid = new Uint16Array(width * (GRID + 1))
    this.gridFrom = new Float64Array(width)
    this.gridScale = new Float64Array(width)
    this.binEnds = new Uint16Array(width * (PSI_BINS - 1)).fill(MISSING)
    this.binCounts = new Int32Array(width * PSI_BINS)
    for (let column = 0; column < width; column += 1) {
      this.fillColumn(column)
      this.fillGrid(column)
    }
  }

  /** Distinct values of a column. */
  distinctIn(column: number): number {
    return this.distinctFrom[column + 1]! - this.distinctFrom[column]!
  }

  /** Cell of a value within its column; MISSING for NaN and infinities. */
  codeOf(column: number, value: number): number {
    // NaN and both infinities give NaN here, everything else 0.
    if (value - value !== 0) return MISSING
    const { distinct, grid } = this
    const from = this.distinctFrom[column]!
    const to = this.distinctFrom[column + 1]!
    const strip = column * (GRID + 1) + this.stripOf(column, value)
    let low = from + grid[strip]!
    let high = from + grid[strip + 1]!
    while (low < high) {
      const middle = (low + high) >>> 1
      if (distinct[middle]! < value) low = middle + 1
      else high = middle
    }
    return 2 * (low - from) + (low < to && distinct[low] === value ? 1 : 0)
  }

  /** Rises with the value, rounding included, so a strip holds all values between two of its own. */
  private stripOf(column: number, value: number): number {
    const strip = (value - this.gridFrom[column]!) * this.gridScale[column]!
    return strip >= GRID - 1 ? GRID - 1 : strip > 0 ? strip | 0 : 0
  }

  private fillGrid(column: number): void {
    const from = this.distinctFrom[column]!
    const count = this.distinctIn(column)
    const at = column * (GRID + 1)
    const tail = Math.floor(GRID_TAIL * count)
    const low = this.distinct[from + tail]!
    const width = this.distinct[from + count - 1 - tail]! - low
    this.gridFrom[column] = count === 0 ? 0 : low
    // Everything is in one strip where there is nothing to divide.
    this.gridScale[column] = width > 0 ? GRID / width : 0
    let strip = 0
    for (let k = 0; k < count; k += 1)
      for (const own = this.stripOf(column, this.distinct[from + k]!); strip < own;)
        this.grid[at + ++strip] = k
    while (strip < GRID) this.grid[at + ++strip] = count
  }

  private fillColumn(column: number): void {
    const from = this.distinctFrom[column]!
    const count = this.distinctIn(column)
    const present = this.present[column]!
    let before = 0
    let bin = 0
    let sum = 0
    for (let k = 0; k < count; k += 1) {
      const upTo = this.upTo[from + k]!
      if (upTo - before > 1) this.leafTies[(this.cellFrom[column]! + 2 * k) >> LEAF_BITS] = 1
      this.binCounts[column * PSI_BINS + bin]! += upTo - before
      sum += (upTo - before) * (this.distinct[from + k]! - this.distinct[from]!)
      this.sumUpTo[from + k] = sum
      before = upTo
      // The bin ends at the first value that reaches its quantile: (-inf, q1], (q1, q2], ...
      while (bin < PSI_BINS - 1 && upTo * PSI_BINS >= (bin + 1) * present) {
        this.binEnds[column * (PSI_BINS - 1) + bin] = 2 * k + 1
        bin += 1
      }
    }
  }
}

function finite(values: Float32Array): Float32Array {
  return values.filter((value) => value - value === 0)
}

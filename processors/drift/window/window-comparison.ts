/**
 * The sliding window of one instrument against a reference: every vector exchanges the oldest row for
 * the new one in all columns, and the measures of any column can be asked for at any moment.
 *
 * Derived from the rows of the window and the reference alone, whatever way it took there: a restored
 * state builds it again and gives the same bits. All counts are integers; what needs sums of values
 * (Wasserstein) is computed from the values when it is asked for.
 */
import assert from 'node:assert/strict'
import { KsForest } from '../measures/ks-forest.ts'
import { smoothedPsi } from '../measures/population-stability.ts'
import { WassersteinSweep } from '../measures/wasserstein.ts'
import type { WindowRows } from './window-rows.ts'
import { MISSING, PSI_BINS, type ReferenceIndex } from '../reference/reference-index.ts'

export class WindowComparison {
  readonly index: ReferenceIndex
  readonly capacity: number
  private readonly source: WindowRows
  private readonly forest: KsForest
  private readonly sweep: WassersteinSweep
  /** Cell of each value and the value, `[columns, capacity]`: a column is read as a whole. */
  private readonly codes: Uint16Array
  private readonly values: Float32Array
  private readonly bins: Int32Array
  private readonly below: Int32Array
  private readonly above: Int32Array
  private readonly lastCode: Uint16Array
  /** Rows in the window. */
  filled = 0

  constructor(index: ReferenceIndex, capacity: number, source: WindowRows) {
    const columns = index.columns.length
    // n * m stays an int32: 30,000 reference rows and a week of minutes are 3e8.
    assert(capacity >= 1 && capacity <= 10_080, 'a window of 1 to 10,080 vectors')
    this.index = index
    this.capacity = capacity
    this.source = source
    this.forest = new KsForest(index)
    this.sweep = new WassersteinSweep(index, capacity, this.forest)
    this.codes = new Uint16Array(capacity * columns).fill(MISSING)
    this.values = new Float32Array(capacity * columns)
    this.bins = new Int32Array(columns * PSI_BINS)
    this.below = new Int32Array(columns)
    this.above = new Int32Array(columns)
    this.lastCode = Uint16Array.from({ length: columns }, (_, j) => 2 * index.distinctIn(j))
  }

  /** Bytes of memory that belong to this instrument. */
  get bytes(): number {
    const { forest, codes, values, bins } = this
    return forest.bytes + codes.byteLength + values.byteLength + bins.byteLength
  }

  /** Takes the row that now stands in a slot in place of what stood there before. */
  take(slot: number): void {
    const { index, capacity, codes, values, forest } = this
    const { rows, width, columnOf } = this.source
    const columns = index.columns.length
    const row = slot * width
    for (let column = 0, at = slot; column < columns; column += 1, at += capacity) {
      const value = rows[row + columnOf[column]!]!
      const code = index.codeOf(column, value)
      const old = codes[at]!
      values[at] = value
      forest.replace(column, code, old)
      if (code !== old) {
        codes[at] = code
        if (code !== MISSING) this.count(column, code, 1)
        if (old !== MISSING) this.count(column, old, -1)
      }
    }
    if (this.filled < this.capacity) this.filled += 1
  }

  /** Kolmogorov-Smirnov distance, 0 to 1; NaN where a side has no values. */
  ks(column: number): number {
    return this.forest.ks(column)
  }

  /** Population stability index over deciles of the reference, >= 0; NaN where a side has no values. */
  psi(column: number): number {
    return smoothedPsi(this.index, column, this.bins, this.forest.presentIn(column))
  }

  /** Share of the window without a value, 0 to 1. */
  missing(column: number): number {
    return (this.filled - this.forest.presentIn(column)) / this.filled
  }

  /** Share of the values of the window outside the smallest and largest of the reference, 0 to 1. */
  outOfRange(column: number): number {
    return (this.below[column]! + this.above[column]!) / this.forest.presentIn(column)
  }

  /** Wasserstein-1 distance in units of the feature; NaN where a side has no values. */
  wasserstein(column: number): number {
    const { capacity, forest } = this
    const from = column * capacity
    return this.sweep.distance({
      column,
      present: forest.presentIn(column),
      codes: this.codes.subarray(from, from + capacity),
      values: this.values.subarray(from, from + capacity),
    })
  }

  /** Values of the window in each bin of the population stability index. */
  binCounts(column: number): readonly number[] {
    return [...this.bins.subarray(column * PSI_BINS, (column + 1) * PSI_BINS)]
  }

  private count(column: number, code: number, change: number): void {
    const { binEnds } = this.index
    const ends = column * (PSI_BINS - 1)
    let bin = 0
    while (bin < PSI_BINS - 1 && code > binEnds[ends + bin]!) bin += 1
    this.bins[column * PSI_BINS + bin]! += change
    if (code === 0) this.below[column]! += change
    else if (code === this.lastCode[column]!) this.above[column]! += change
  }
}

/**
 * Exact Wasserstein-1 distance between reference and window: the area between the two distribution
 * functions (equal to scipy.stats.wasserstein_distance).
 *
 * Between two neighbouring window values the window's function is constant and the reference's
 * rises, so they cross at most once, and the area follows from running sums of the reference: O(m)
 * for a window of m values, whatever the size of the reference. Not kept up incrementally, because one
 * exchanged value moves the function over everything between old and new; asked for hourly.
 *
 * Exact up to rounding: about 1e-15 of the span of all values, so a reference with an outlier a million
 * times as far as the rest keeps nine digits.
 *
 * The window is brought into order by its cells, not by sorting: only values that share a gap between
 * two reference values are compared.
 */
import { MISSING, type ReferenceIndex } from '../reference/reference-index.ts'
import type { WindowRows } from '../window/window-rows.ts'

const NONE = -1
const TILE_BITS = 4
const TILE = 1 << TILE_BITS
/** Values that share a gap are few unless the window has left the reference. */
const INSERTION_MAX = 12

export interface GatheredWindow {
  /** Cell of each value, `[capacity, columns]`. */
  readonly codes: Uint16Array
  readonly source: WindowRows
  /** Rows that ever entered the window: tells whether what was gathered is still true. */
  readonly taken: number
}

export class WassersteinSweep {
  private readonly index: ReferenceIndex
  private readonly capacity: number
  /** First slot in each cell, and the next slot in the same cell after each slot. */
  private readonly first: Int16Array
  private readonly next: Int16Array
  /** A bit for each cell that has a slot. */
  private readonly used: Int32Array
  private readonly tileCodes: Uint16Array
  private readonly tileValues: Float32Array
  private gatheredTile = -1
  private gatheredAt = -1
  private readonly ordered: Float64Array
  private readonly orderedCodes: Uint16Array

  constructor(index: ReferenceIndex, capacity: number) {
    let cells = 0
    for (let column = 0; column < index.columns.length; column += 1)
      cells = Math.max(cells, 2 * index.distinctIn(column) + 1)
    this.index = index
    this.capacity = capacity
    this.first = new Int16Array(cells).fill(NONE)
    this.next = new Int16Array(capacity)
    this.used = new Int32Array((cells >> 5) + 1)
    this.tileCodes = new Uint16Array(TILE * capacity)
    this.tileValues = new Float32Array(TILE * capacity)
    this.ordered = new Float64Array(capacity)
    this.orderedCodes = new Uint16Array(capacity)
  }

  /** @param present values of the column that are there */
  distance(column: number, present: number, window: GatheredWindow): number {
    if (present === 0 || this.index.present[column] === 0) return NaN
    if (this.gatheredAt !== window.taken || this.gatheredTile !== column >> TILE_BITS)
      this.gather(column >> TILE_BITS, window)
    this.order(column)
    return this.area(column, present)
  }

  /** Rows lie one after the other, so a few columns are gathered in one pass through them. */
  private gather(tile: number, { codes, source, taken }: GatheredWindow): void {
    const { tileCodes, tileValues, capacity } = this
    const { rows, width, columnOf } = source
    const columns = this.index.columns.length
    const from = tile << TILE_BITS
    const count = Math.min(TILE, columns - from)
    for (let slot = 0; slot < capacity; slot += 1) {
      for (let i = 0; i < count; i += 1) {
        tileCodes[i * capacity + slot] = codes[slot * columns + from + i]!
        tileValues[i * capacity + slot] = rows[slot * width + columnOf[from + i]!]!
      }
    }
    this.gatheredTile = tile
    this.gatheredAt = taken
  }

  private order(column: number): void {
    const { first, next, ordered, orderedCodes, used, capacity } = this
    const base = (column & (TILE - 1)) * capacity
    const codes = this.tileCodes
    const values = this.tileValues
    for (let slot = 0; slot < capacity; slot += 1) {
      const code = codes[base + slot]!
      if (code === MISSING) continue
      next[slot] = first[code]!
      first[code] = slot
      used[code >> 5]! |= 1 << (code & 31)
    }
    const words = (2 * this.index.distinctIn(column)) >> 5
    let count = 0
    for (let word = 0; word <= words; word += 1) {
      let bits = used[word]!
      used[word] = 0
      while (bits !== 0) {
        const code = (word << 5) + 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        const start = count
        for (let slot = first[code]!; slot !== NONE; slot = next[slot]!) {
          ordered[count] = values[base + slot]!
          orderedCodes[count] = code
          count += 1
        }
        first[code] = NONE
        // In a gap the values differ; on a reference value they are all equal.
        if ((code & 1) === 0 && count - start > 1) sortSpan(ordered, start, count)
      }
    }
  }

  private area(column: number, m: number): number {
    const { index, ordered, orderedCodes } = this
    const from = index.distinctFrom[column]!
    const count = index.distinctIn(column)
    const n = index.present[column]!
    const { distinct, upTo, sumUpTo } = index
    const origin = distinct[from]!
    /** n times the area under the reference's function left of x, whose rank is `below` distinct values. */
    const areaBelow = (x: number, below: number): number =>
      below === 0 ? 0 : upTo[from + below - 1]! * (x - origin) - sumUpTo[from + below - 1]!
    // Left of the first window value its function is 0, right of the last it is 1.
    const least = ordered[0]!
    let area = areaBelow(least, orderedCodes[0]! >> 1) * m
    for (let i = 0; i + 1 < m; i += 1) {
      const a = ordered[i]!
      const b = ordered[i + 1]!
      if (a === b) continue
      // Distinct reference values that are <= a, and < b.
      const atA = (orderedCodes[i]! + 1) >> 1
      const belowB = orderedCodes[i + 1]! >> 1
      const level = (i + 1) * n
      const rankA = atA === 0 ? 0 : upTo[from + atA - 1]!
      const rankB = belowB === 0 ? 0 : upTo[from + belowB - 1]!
      const under = (areaBelow(b, belowB) - areaBelow(a, atA)) * m
      if (rankB * m <= level) area += level * (b - a) - under
      else if (rankA * m >= level) area += under - level * (b - a)
      else {
        const k = this.crossing(from, atA, belowB, level / m)
        const x = distinct[from + k]!
        const left = (areaBelow(x, k) - areaBelow(a, atA)) * m
        area += level * (x - a) - left + (under - left) - level * (b - x)
      }
    }
    const most = ordered[m - 1]!
    const atMost = (orderedCodes[m - 1]! + 1) >> 1
    const highest = distinct[from + count - 1]!
    if (highest > most) {
      const under = areaBelow(highest, count - 1) - areaBelow(most, atMost)
      area += m * (n * (highest - most) - under)
    }
    return Math.max(0, area) / n / m
  }

  /** First distinct value of `[low, high)` whose rank is above the level. */
  private crossing(from: number, low: number, high: number, level: number): number {
    const { upTo } = this.index
    let [a, b] = [low, high]
    while (a < b) {
      const middle = (a + b) >>> 1
      if (upTo[from + middle]! <= level) a = middle + 1
      else b = middle
    }
    return a
  }
}

function sortSpan(values: Float64Array, from: number, to: number): void {
  if (to - from > INSERTION_MAX) {
    values.subarray(from, to).sort()
    return
  }
  for (let i = from + 1; i < to; i += 1) {
    const value = values[i]!
    let at = i
    while (at > from && values[at - 1]! > value) {
      values[at] = values[at - 1]!
      at -= 1
    }
    values[at] = value
  }
}

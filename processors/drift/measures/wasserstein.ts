/**
 * Exact Wasserstein-1 distance between reference and window: the area between the two distribution
 * functions (equal to scipy.stats.wasserstein_distance).
 *
 * With n reference and m window values let H be n * (window values up to x) - m * (reference values up
 * to x): an integer, constant between two values. The area under |H| is the sum over all values x of
 * x * (|H before x| - |H after x|), and as long as H keeps its sign that is linear in the values: a
 * sum of window values and a difference of running sums of the reference. So the window need not be
 * in order: one walk through the leaves in which H turns finds where, one pass through the window adds
 * each value with the sign of its cell, and only values that share a gap in which H turns are sorted.
 * O(m) for a window of m values, whatever the size of the reference. Not kept up incrementally, because
 * one exchanged value moves H over everything between old and new; asked for hourly.
 *
 * Exact up to rounding: about 1e-15 of the span of all values, so a reference with an outlier a million
 * times as far as the rest keeps nine digits.
 */
import { LEAF_BITS, MISSING, type ReferenceIndex } from '../reference/reference-index.ts'

/** Where the window's values are, of one column. */
export interface WindowColumn {
  readonly column: number
  /** Values that are there. */
  readonly present: number
  /** `[capacity]`: cell and value of each slot; MISSING where there is none. */
  readonly codes: Uint16Array
  readonly values: Float32Array
}

/** What the forest knows of the window's cells. */
export interface OccupiedCells {
  /** Bits of the cells of a leaf that are not empty. */
  readonly occupied: Int32Array
  /** Window values in a cell that is not empty. */
  readonly countAt: (cell: number) => number
  /** Sum, largest and smallest prefix of H over each leaf, where `stands` says they are current. */
  readonly leafNodes: Int32Array
  readonly stands: (column: number) => boolean
}

export class WassersteinSweep {
  private readonly index: ReferenceIndex
  private readonly cells: OccupiedCells
  /** Sign of H around the values of a cell; 0: it turns there, or there is no value. By code. */
  private readonly signs = new Int8Array(MISSING + 1)
  /** Gaps in which H turns, ascending: H before their first value, and how many values they have. */
  private readonly turnBefore: number[] = []
  private readonly turnCount: number[] = []
  /** The values in these gaps. */
  private readonly turning: Float64Array

  constructor(index: ReferenceIndex, capacity: number, cells: OccupiedCells) {
    this.index = index
    this.cells = cells
    this.turning = new Float64Array(capacity)
  }

  /** In units of the feature; NaN where a side has no values. */
  distance(window: WindowColumn): number {
    const { column, present } = window
    const n = this.index.present[column]!
    if (present === 0 || n === 0) return NaN
    const area = this.referencePart(column, present) + this.windowPart(window, n)
    return Math.max(0, area) / n / present
  }

  /**
   * Notes the signs of all cells and where H turns.
   *
   * @returns what reference values, and the values of cells in which H turns at a reference value,
   *   have in the area
   */
  private referencePart(column: number, m: number): number {
    const { signs, turnBefore, turnCount, index } = this
    const { cells } = this
    const { occupied, leafNodes } = cells
    const { distinct, upTo, sumUpTo } = index
    const n = index.present[column]!
    const ranks = index.distinctFrom[column]!
    const base = index.cellFrom[column]!
    const origin = distinct[ranks]!
    const rankBelow = (k: number): number => (k === 0 ? 0 : upTo[ranks + k - 1]!)
    const sumBelow = (k: number): number => (k === 0 ? 0 : sumUpTo[ranks + k - 1]!)
    turnBefore.length = 0
    turnCount.length = 0
    let area = 0
    let sign = 1
    let taken = 0
    // At the end of the leaves that are done with.
    let height = 0
    // Distinct reference values, and cells, that are done with.
    let done = 0
    let cellsDone = 0
    const turn = (cell: number, below: number, before: number, after: number): void => {
      area += sign * m * (sumBelow(below) - sumBelow(done))
      signs.fill(sign, cellsDone, cell)
      signs[cell] = 0
      cellsDone = cell + 1
      sign = -sign
      done = below
      if ((cell & 1) === 0) return
      area += (distinct[ranks + below]! - origin) * (Math.abs(before) - Math.abs(after))
      done = below + 1
    }
    const firstLeaf = base >> LEAF_BITS
    const endLeaf = index.cellFrom[column + 1]! >> LEAF_BITS
    const stands = cells.stands(column)
    for (let leaf = firstLeaf; leaf < endLeaf; leaf += 1) {
      if (stands) {
        const start = height
        height += leafNodes[3 * leaf]!
        const keepsSign =
          sign > 0 ? start + leafNodes[3 * leaf + 2]! >= 0 : start + leafNodes[3 * leaf + 1]! <= 0
        if (keepsSign) continue
        const first = ((leaf - firstLeaf) << LEAF_BITS) >> 1
        taken = (start + m * rankBelow(first)) / n
      }
      let bits = occupied[leaf]!
      while (bits !== 0) {
        const cell = (leaf << LEAF_BITS) - base + 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        const below = cell >> 1
        // Window values raise H, so it falls below zero at reference values alone.
        if (sign > 0 && n * taken < m * rankBelow(below)) {
          const k = this.firstAbove(ranks, done, below, (n * taken) / m)
          turn(2 * k + 1, k, n * taken - m * rankBelow(k), n * taken - m * rankBelow(k + 1))
        }
        const count = cells.countAt(base + cell)
        const before = n * taken - m * rankBelow(below)
        taken += count
        const after = n * taken - m * rankBelow((cell + 1) >> 1)
        if (sign * after >= 0) continue
        if ((cell & 1) === 0) {
          turnBefore.push(before)
          turnCount.push(count)
        }
        turn(cell, below, before, after)
      }
    }
    const distinctCount = index.distinctIn(column)
    signs.fill(sign, cellsDone, 2 * distinctCount + 1)
    return area + sign * m * (sumBelow(distinctCount) - sumBelow(done))
  }

  /** What all other values of the window have in the area. */
  private windowPart({ column, codes, values }: WindowColumn, n: number): number {
    const { signs, turning, turnBefore, turnCount } = this
    const origin = this.index.distinct[this.index.distinctFrom[column]!]!
    let sum = 0
    let gathered = 0
    for (let slot = 0; slot < codes.length; slot += 1) {
      const code = codes[slot]!
      const sign = signs[code]!
      if (sign !== 0) sum += sign * (values[slot]! - origin)
      // At a reference value, or missing: codes that are odd.
      else if ((code & 1) === 0) turning[gathered++] = values[slot]!
    }
    let area = -n * sum
    turning.subarray(0, gathered).sort()
    let at = 0
    for (let gap = 0; gap < turnBefore.length; gap += 1) {
      let before = turnBefore[gap]!
      for (let i = 0; i < turnCount[gap]!; i += 1) {
        area += (turning[at++]! - origin) * (Math.abs(before) - Math.abs(before + n))
        before += n
      }
    }
    return area
  }

  /** First of the distinct values `[low, high)` whose rank is above the level. */
  private firstAbove(ranks: number, low: number, high: number, level: number): number {
    const { upTo } = this.index
    let [a, b] = [low, high]
    while (a < b) {
      const middle = (a + b) >>> 1
      if (upTo[ranks + middle]! <= level) a = middle + 1
      else b = middle
    }
    return a
  }
}

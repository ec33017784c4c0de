/**
 * Exact two-sample Kolmogorov-Smirnov distances of many columns between a fixed reference and a
 * changing window.
 *
 * The idea: incremental KS (dos Reis, Flach, Matwin, Batista: Fast Unsupervised Online Drift
 * Detection Using Incremental Kolmogorov-Smirnov Test, KDD 2016), with a fixed reference. With n
 * reference and m window values, a cell holds the integer n * (window count) - m * (reference count),
 * a node its sum and the largest and smallest prefix sum within, and D = max(largest, -smallest) /
 * (n * m). Integers: no rounding, whatever the order of updates.
 *
 * The window's share grows in occupied cells only, so the difference is largest just after an occupied
 * cell and smallest just before one. A leaf is 32 cells with a bit for each that is occupied: with
 * 1,440 values among 20,001 cells some three bits are looked at. Nodes above are 8 wide: short runs
 * through neighbouring memory cost less than fifteen levels of a binary tree (bench/README.md).
 *
 * The tree of a column stands for one m. Where m changes (a missing value comes or goes, the window
 * fills) D is computed from all occupied cells in O(m) when it is asked for; the tree is built again
 * when m has stood still for {@link STEADY_STEPS} vectors.
 */
import { LEAF, LEAF_BITS, MISSING, type ReferenceIndex } from '../reference/reference-index.ts'

const STEADY_STEPS = 8
const WIDTH = 8
const WIDTH_BITS = 3
/** Sum, largest and smallest prefix of a node, the empty prefix among them. */
const NODE = 3

/** One level of all trees: the nodes of column j are `[from[j], from[j + 1])`. */
interface Level {
  readonly nodes: Int32Array
  readonly from: Int32Array
}

export class KsForest {
  private readonly index: ReferenceIndex
  /** A bit per cell that is not empty, a word per leaf. */
  readonly occupied: Int32Array
  /** A bit per cell that holds several values: how many is looked up for these alone. */
  private readonly several: Int32Array
  /** Window values in each cell of `several`. */
  private readonly counts: Uint16Array
  private readonly leaves: Level
  private readonly middle: Level
  private readonly top: Level
  /** Window values that are there, by column. */
  private readonly present: Int32Array
  /** m the tree of a column stands for; -1: none. */
  private readonly treePresent: Int32Array
  private readonly steady: Int32Array
  /** max(largest, -smallest) by column, to be divided by n * m; -1: to be computed. */
  private readonly distance: Int32Array

  constructor(index: ReferenceIndex) {
    const columns = index.columns.length
    const cells = index.cellFrom[columns]!
    this.index = index
    this.occupied = new Int32Array(cells >> LEAF_BITS)
    this.several = new Int32Array(cells >> LEAF_BITS)
    this.counts = new Uint16Array(cells)
    this.leaves = levelOf(index.cellFrom, LEAF_BITS)
    this.middle = levelOf(this.leaves.from, WIDTH_BITS)
    this.top = levelOf(this.middle.from, WIDTH_BITS)
    this.present = new Int32Array(columns)
    this.treePresent = new Int32Array(columns).fill(-1)
    this.steady = new Int32Array(columns)
    this.distance = new Int32Array(columns)
  }

  /** Bytes of memory, per instrument. */
  get bytes(): number {
    const { counts, occupied, several, leaves, middle, top, present } = this
    const { treePresent, steady, distance } = this
    const levels = [leaves, middle, top].flatMap((level) => [level.nodes, level.from])
    return [counts, occupied, several, ...levels, present, treePresent, steady, distance].reduce(
      (sum, part) => sum + part.byteLength,
      0,
    )
  }

  /** Window values of a column that are there. */
  presentIn(column: number): number {
    return this.present[column]!
  }

  /** @param cell one that is not empty, counted over all columns */
  countAt(cell: number): number {
    const isSeveral = (this.several[cell >> LEAF_BITS]! >>> (cell & (LEAF - 1))) & 1
    return isSeveral === 0 ? 1 : this.counts[cell]!
  }

  /** Sum, largest and smallest prefix of every leaf of the columns that {@link stands} is true of. */
  get leafNodes(): Int32Array {
    return this.leaves.nodes
  }

  /** Whether the tree of a column is that of the window. */
  stands(column: number): boolean {
    return this.treePresent[column] === this.present[column]
  }

  /** D of a column, 0 to 1; NaN where reference or window has no value. */
  ks(column: number): number {
    let distance = this.distance[column]!
    if (distance < 0) {
      distance = this.sparseDistance(column)
      this.distance[column] = distance
    }
    return distance / (this.index.present[column]! * this.present[column]!)
  }

  /**
   * Exchanges the oldest value of a column for a new one; MISSING stands for no value, and for the
   * place in the window that was still free.
   */
  replace(column: number, added: number, removed: number): void {
    if (added === removed) {
      if (this.treePresent[column]! !== this.present[column]!) this.approachTree(column)
      return
    }
    const base = this.index.cellFrom[column]!
    if (added !== MISSING) this.add(base + added)
    if (removed !== MISSING) this.remove(base + removed)
    if (added === MISSING || removed === MISSING) {
      this.present[column]! += added === MISSING ? -1 : 1
      this.steady[column] = 0
      // Also where m comes back to what it was: the tree has missed the values in between.
      this.treePresent[column] = -1
      this.distance[column] = -1
    } else if (this.treePresent[column]! === this.present[column]!) {
      this.updateTree(column, (base + added) >> LEAF_BITS, (base + removed) >> LEAF_BITS)
    } else {
      this.distance[column] = -1
      this.approachTree(column)
    }
  }

  private add(cell: number): void {
    const { occupied, several, counts } = this
    const leaf = cell >> LEAF_BITS
    const bit = 1 << (cell & (LEAF - 1))
    if ((occupied[leaf]! & bit) === 0) occupied[leaf]! |= bit
    else if ((several[leaf]! & bit) === 0) {
      several[leaf]! |= bit
      counts[cell] = 2
    } else counts[cell]! += 1
  }

  private remove(cell: number): void {
    const { occupied, several, counts } = this
    const leaf = cell >> LEAF_BITS
    const bit = 1 << (cell & (LEAF - 1))
    if ((several[leaf]! & bit) === 0) occupied[leaf]! &= ~bit
    else {
      const left = counts[cell]! - 1
      counts[cell] = left
      if (left === 1) several[leaf]! &= ~bit
    }
  }

  private approachTree(column: number): void {
    this.steady[column]! += 1
    if (this.steady[column]! >= STEADY_STEPS) this.buildTree(column)
  }

  private buildTree(column: number): void {
    const { leaves, middle, top } = this
    this.treePresent[column] = this.present[column]!
    for (let leaf = leaves.from[column]!; leaf < leaves.from[column + 1]!; leaf += 1)
      this.sumLeaf(column, leaf)
    const middles = middle.from[column + 1]! - middle.from[column]!
    for (let node = 0; node < middles; node += 1) sumNode(leaves, middle, column, node)
    const tops = top.from[column + 1]! - top.from[column]!
    for (let node = 0; node < tops; node += 1) sumNode(middle, top, column, node)
    this.sumTop(column)
  }

  private updateTree(column: number, leaf: number, otherLeaf: number): void {
    const { leaves, middle, top } = this
    const first = leaves.from[column]!
    this.sumLeaf(column, leaf)
    if (otherLeaf !== leaf) this.sumLeaf(column, otherLeaf)
    const node = (leaf - first) >> WIDTH_BITS
    const otherNode = (otherLeaf - first) >> WIDTH_BITS
    sumNode(leaves, middle, column, node)
    if (otherNode !== node) sumNode(leaves, middle, column, otherNode)
    const above = node >> WIDTH_BITS
    const otherAbove = otherNode >> WIDTH_BITS
    sumNode(middle, top, column, above)
    if (otherAbove !== above) sumNode(middle, top, column, otherAbove)
    this.sumTop(column)
  }

  private sumLeaf(column: number, leaf: number): void {
    const { counts, index } = this
    const { upTo, leafTies } = index
    const n = index.present[column]!
    const m = this.present[column]!
    const base = index.cellFrom[column]!
    // upTo of the distinct value with number k is at `ranks + k`; below the first it is 0.
    const ranks = index.distinctFrom[column]!
    const first = ((leaf << LEAF_BITS) - base) >> 1
    // Where no reference value of a leaf comes twice, ranks are counted and not looked up.
    const isPlain = leafTies[leaf] === 0
    const start = isPlain || first === 0 ? 0 : upTo[ranks + first - 1]!
    const last = Math.min(first + LEAF / 2, index.distinctFrom[column + 1]! - ranks)
    let window = 0
    let largest = 0
    let smallest = 0
    let bits = this.occupied[leaf]!
    const several = this.several[leaf]!
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits)
      bits &= bits - 1
      const below = bit >> 1
      const rank = isPlain
        ? below
        : first + below === 0
          ? 0
          : upTo[ranks + first + below - 1]! - start
      const before = Math.imul(m, rank)
      const low = (Math.imul(n, window) - before) | 0
      smallest = low < smallest ? low : smallest
      window += ((several >>> bit) & 1) === 0 ? 1 : counts[(leaf << LEAF_BITS) + bit]!
      const above = isPlain ? below + 1 : upTo[ranks + first + below]! - start
      const after = (bit & 1) === 0 ? before : Math.imul(m, above)
      const high = (Math.imul(n, window) - after) | 0
      largest = high > largest ? high : largest
    }
    const end = isPlain ? last - first : last === 0 ? 0 : upTo[ranks + last - 1]! - start
    const sum = (Math.imul(n, window) - Math.imul(m, end)) | 0
    const { nodes } = this.leaves
    nodes[leaf * NODE] = sum
    nodes[leaf * NODE + 1] = largest
    nodes[leaf * NODE + 2] = sum < smallest ? sum : smallest
  }

  private sumTop(column: number): void {
    const { nodes, from } = this.top
    const end = from[column + 1]! * NODE
    let sum = 0
    let largest = 0
    let smallest = 0
    for (let at = from[column]! * NODE; at < end; at += NODE) {
      const high = (sum + nodes[at + 1]!) | 0
      const low = (sum + nodes[at + 2]!) | 0
      largest = high > largest ? high : largest
      smallest = low < smallest ? low : smallest
      sum = (sum + nodes[at]!) | 0
    }
    this.distance[column] = Math.max(largest, 0 - smallest)
  }

  /** The same from all occupied cells, for any m. */
  private sparseDistance(column: number): number {
    const { occupied } = this
    const { cellFrom, distinctFrom, upTo } = this.index
    const n = this.index.present[column]!
    const m = this.present[column]!
    const base = cellFrom[column]!
    const ranks = distinctFrom[column]!
    const endLeaf = cellFrom[column + 1]! >> LEAF_BITS
    let window = 0
    let largest = 0
    let smallest = 0
    for (let leaf = base >> LEAF_BITS; leaf < endLeaf && window < m; leaf += 1) {
      let bits = occupied[leaf]!
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        const cell = (leaf << LEAF_BITS) + bit
        const below = (cell - base) >> 1
        const before = Math.imul(m, below === 0 ? 0 : upTo[ranks + below - 1]!)
        const low = (Math.imul(n, window) - before) | 0
        smallest = low < smallest ? low : smallest
        window += this.countAt(cell)
        const after = (bit & 1) === 0 ? before : Math.imul(m, upTo[ranks + below]!)
        const high = (Math.imul(n, window) - after) | 0
        largest = high > largest ? high : largest
      }
    }
    return Math.max(largest, 0 - smallest)
  }
}

function levelOf(below: Int32Array, bits: number): Level {
  const from = new Int32Array(below.length)
  for (let column = 0; column + 1 < below.length; column += 1) {
    const nodes = Math.ceil((below[column + 1]! - below[column]!) / (1 << bits))
    from[column + 1] = from[column]! + nodes
  }
  return { from, nodes: new Int32Array(from[below.length - 1]! * NODE) }
}

/** @param node number of the node within its column */
function sumNode(below: Level, level: Level, column: number, node: number): void {
  const { nodes } = below
  const first = below.from[column]! + (node << WIDTH_BITS)
  const end = Math.min(first + WIDTH, below.from[column + 1]!) * NODE
  let sum = 0
  let largest = 0
  let smallest = 0
  for (let at = first * NODE; at < end; at += NODE) {
    const high = (sum + nodes[at + 1]!) | 0
    const low = (sum + nodes[at + 2]!) | 0
    largest = high > largest ? high : largest
    smallest = low < smallest ? low : smallest
    sum = (sum + nodes[at]!) | 0
  }
  const at = (level.from[column]! + node) * NODE
  level.nodes[at] = sum
  level.nodes[at + 1] = largest
  level.nodes[at + 2] = smallest
}

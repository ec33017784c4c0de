/** Two samples side by side in bins of equal width: what a model was trained on, and what it sees. */

export interface Distribution {
  /** Ends of the bins, ascending, one more than bins; the outer bins hold all beyond them too. */
  readonly edges: readonly number[]
  /** Shares by bin of the values that are there, 0 to 1. */
  readonly reference: readonly number[]
  readonly current: readonly number[]
  readonly referenceRows: number
  readonly currentRows: number
  /** Shares without a value, 0 to 1. */
  readonly referenceMissing: number
  readonly currentMissing: number
}

export const BINS = 20
/** Shares of the reference that may lie beyond the first and last edge: one outlier must not flatten all. */
const TAIL = 0.005
/** Below this a number is 0. */
const SMALLEST = 1e-200

/** @param reference @param current values as they came, a missing one as NaN. */
export function distributionOf(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  bins: number = BINS,
): Distribution {
  const known = presentSorted(reference)
  const seen = presentSorted(current)
  const base = known.length > 0 ? known : seen
  const low = base[Math.floor(TAIL * (base.length - 1))] ?? 0
  const high = base[Math.ceil((1 - TAIL) * (base.length - 1))] ?? 1
  // All equal, as far as doubles can tell bins apart: one value in the middle of a span of its own.
  const size = Math.max(Math.abs(low), Math.abs(high))
  const half = size > SMALLEST ? size * 0.5 : 0.5
  const isSpan = high - low > Math.max(size * 1e-9, SMALLEST)
  const [from, to] = isSpan ? [low, high] : [low - half, low + half]
  const edges = Array.from({ length: bins + 1 }, (_, i) => from + ((to - from) * i) / bins)
  return {
    edges,
    reference: sharesOf(known, from, to, bins),
    current: sharesOf(seen, from, to, bins),
    referenceRows: reference.length,
    currentRows: current.length,
    referenceMissing: missingShare(reference.length, known.length),
    currentMissing: missingShare(current.length, seen.length),
  }
}

const presentSorted = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(Array.from(values).filter((value) => !Number.isNaN(value))).sort()

const missingShare = (rows: number, present: number): number =>
  rows === 0 ? 0 : (rows - present) / rows

function sharesOf(values: Float64Array, from: number, to: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0)
  for (const value of values) {
    const bin = Math.floor(((value - from) / (to - from)) * bins)
    counts[Math.min(bins - 1, Math.max(0, bin))]! += 1
  }
  return counts.map((count) => (values.length === 0 ? 0 : count / values.length))
}

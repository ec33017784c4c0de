/**
 * Population stability index: the sum over bins of (p - q) * ln(p / q), p and q the shares of
 * reference and window in a bin (Siddiqi, Credit Risk Scorecards, 2006; the symmetrised
 * Kullback-Leibler divergence of binned data).
 *
 * Bins are the deciles of the reference, (-inf, q1], (q1, q2], ..., (q9, inf), a quantile being the
 * smallest reference value that reaches it; ties make a bin disappear. Half a count is added to every
 * bin on both sides, so that an empty bin gives a large finite value and not infinity.
 */
import { PSI_BINS, type ReferenceIndex } from '../reference/reference-index.ts'

const SMOOTHING = 0.5

/** Logarithms of counts and a half: 114 columns of ten bins are asked for with every vector. */
const logs = Float64Array.from({ length: 32_768 }, (_, count) => Math.log(count + SMOOTHING))

/** @param bins window values in each bin, `[columns, PSI_BINS]`; `present` of them in this column */
export function smoothedPsi(
  index: ReferenceIndex,
  column: number,
  bins: Int32Array,
  present: number,
): number {
  const { binEnds, binCounts } = index
  const reference = index.present[column]!
  if (reference === 0 || present === 0) return NaN
  const used = usedBins(index, column)
  const n = reference + SMOOTHING * used
  const m = present + SMOOTHING * used
  const scale = Math.log(m / n)
  let psi = 0
  for (let bin = 0; bin < PSI_BINS; bin += 1) {
    if (!isUsed(binEnds, column, bin)) continue
    const r = binCounts[column * PSI_BINS + bin]!
    const w = bins[column * PSI_BINS + bin]!
    psi += ((r + SMOOTHING) / n - (w + SMOOTHING) / m) * (logs[r]! - logs[w]! + scale)
  }
  // The rounding of equal shares may leave a zero with a minus.
  return Math.max(0, psi)
}

function usedBins({ binEnds }: ReferenceIndex, column: number): number {
  let used = 0
  for (let bin = 0; bin < PSI_BINS; bin += 1) if (isUsed(binEnds, column, bin)) used += 1
  return used
}

/** Whether a value can fall into a bin: not where it ends at the same value as the one before. */
export function isUsed(binEnds: Uint16Array, column: number, bin: number): boolean {
  const at = column * (PSI_BINS - 1) + bin
  return bin === 0 || bin === PSI_BINS - 1 || binEnds[at] !== binEnds[at - 1]
}

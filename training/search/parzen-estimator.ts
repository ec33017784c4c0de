/**
 * A density over an interval from a few points: one truncated normal bump on each, and a wide one over
 * the whole as the prior. A bump is as wide as the larger gap to its neighbours, but never so narrow
 * that a few points could shut the rest of the interval out.
 *
 * Source: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for Hyper-Parameter Optimization", NIPS
 * 2011, section 4.2; the least width is that of hyperopt and Optuna ("magic clip").
 */
import { normalCdf, normalQuantile } from '../metrics/distributions.ts'
import type { RandomStream } from './random-stream.ts'
import type { SearchRange } from './search-range.ts'

interface Bump {
  readonly centre: number
  readonly width: number
  /** P below the interval, and P within it, of the untruncated bump. */
  readonly below: number
  readonly within: number
}

export interface ParzenEstimator {
  readonly range: SearchRange
  readonly bumps: readonly Bump[]
}

/** @param points within the range; none leaves the prior alone */
export function parzenEstimator(points: readonly number[], range: SearchRange): ParzenEstimator {
  const whole = range.high - range.low
  const middle = (range.low + range.high) / 2
  const least = whole / Math.min(100, points.length + 2)
  const sorted = [...points, middle].sort((a, b) => a - b)
  const bumps = points.map((centre) => {
    const at = sorted.indexOf(centre)
    const left = at === 0 ? 0 : centre - sorted[at - 1]!
    const right = at === sorted.length - 1 ? 0 : sorted[at + 1]! - centre
    return bump(centre, Math.min(whole, Math.max(least, left, right)), range)
  })
  return { range, bumps: [...bumps, bump(middle, whole, range)] }
}

function bump(centre: number, width: number, { low, high }: SearchRange): Bump {
  const below = normalCdf((low - centre) / width)
  return { centre, width, below, within: normalCdf((high - centre) / width) - below }
}

/** A draw from one bump. @param index of the bump; the prior is the last one */
export function drawFrom(
  { range, bumps }: ParzenEstimator,
  index: number,
  random: RandomStream,
): number {
  const { centre, width, below, within } = bumps[index]!
  // Away from 0 and 1, where the quantile has no end.
  const share = Math.min(1 - 1e-12, Math.max(1e-12, below + random() * within))
  const position = centre + width * normalQuantile(share)
  return Math.min(range.high, Math.max(range.low, position))
}

/** Density of one bump at a position within the range. */
export function densityOf({ bumps }: ParzenEstimator, index: number, position: number): number {
  const { centre, width, within } = bumps[index]!
  const z = (position - centre) / width
  return Math.exp(-(z * z) / 2) / (width * Math.sqrt(2 * Math.PI) * within)
}

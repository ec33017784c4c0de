/**
 * A dimension of a search space as the sampler sees it: an interval in which even steps mean even
 * changes, so a logarithmic dimension is an interval of logarithms. A whole number stands for the half
 * unit on either side of it, so that both ends are as likely as the rest.
 */
import type { SearchDimension } from '../models/model-trainer.ts'

export interface SearchRange {
  readonly low: number
  readonly high: number
}

const inward = (value: number, { scale }: SearchDimension): number =>
  scale === 'log' ? Math.log(value) : value

/** The whole dimension. */
export function wholeRange(dimension: SearchDimension): SearchRange {
  const half = dimension.integer === true ? 0.5 : 0
  return {
    low: inward(dimension.low - half, dimension),
    high: inward(dimension.high + half, dimension),
  }
}

/** Where a parameter lies in its range. */
export const positionOf = (value: number, dimension: SearchDimension): number =>
  inward(value, dimension)

/** The parameter at a position, rounded and within the dimension. */
export function valueAt(position: number, dimension: SearchDimension): number {
  const value = dimension.scale === 'log' ? Math.exp(position) : position
  const whole = dimension.integer === true ? Math.round(value) : value
  return Math.min(dimension.high, Math.max(dimension.low, whole))
}

/** The part of a range that lies within `share` of its width on either side of a position. */
export function rangeAround(range: SearchRange, position: number, share: number): SearchRange {
  const reach = share * (range.high - range.low)
  return {
    low: Math.max(range.low, position - reach),
    high: Math.min(range.high, position + reach),
  }
}

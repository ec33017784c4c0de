/**
 * Share of the last n values, the newest included, that are not above the newest.
 *
 * The values are kept twice: in order of arrival and sorted. A bar moves only the stretch of the
 * sorted copy between the value that leaves and the one that comes.
 */
import type { MemoryLayout } from './memory-layout.ts'

/**
 * Two windows of returns with the same values in another order have the same standard deviation, but
 * its last bits depend on the order of summation. Such ties count as equal; values that really differ
 * by less than this share of themselves do not occur.
 */
const TIE = 1e-12

export class PercentileRank {
  private readonly length: number
  private readonly arrived: number
  private readonly sorted: number
  private readonly count: number

  constructor(layout: MemoryLayout, length: number) {
    this.length = length
    this.arrived = layout.reserve(length)
    this.sorted = layout.reserve(length)
    this.count = layout.reserve(1, 0)
  }

  /** @param value 0 or more, not NaN. @returns 1/n..1, NaN before n values. */
  update(memory: Float64Array, value: number): number {
    const count = memory[this.count]!
    const slot = this.arrived + (count % this.length)
    const end = this.sorted + Math.min(count, this.length)
    let above: number
    if (count < this.length) {
      const at = firstAbove(memory, this.sorted, end, value)
      memory.copyWithin(at + 1, at, end)
      memory[at] = value
      above = at + 1
    } else {
      above = this.replace(memory, memory[slot]!, value)
    }
    memory[slot] = value
    memory[this.count] = count + 1
    if (count + 1 < this.length) return NaN
    const full = this.sorted + this.length
    while (above < full && memory[above]! <= value * (1 + TIE)) above += 1
    return (above - this.sorted) / this.length
  }

  /** @returns the index of the first value above the new one. */
  private replace(memory: Float64Array, old: number, value: number): number {
    const full = this.sorted + this.length
    const gap = firstAbove(memory, this.sorted, full, old) - 1
    const at = firstAbove(memory, this.sorted, full, value)
    if (at > gap) {
      memory.copyWithin(gap, gap + 1, at)
      memory[at - 1] = value
      return at
    }
    memory.copyWithin(at + 1, at, gap)
    memory[at] = value
    return at + 1
  }
}

/** Index of the first value above `limit` in the sorted range, or its end. */
function firstAbove(memory: Float64Array, from: number, to: number, limit: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (memory[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Relative strength index: 100 - 100/(1 + RS), RS = average gain / average loss (Wilder 1978).
 *
 * Computed as 100 * gain/(gain + loss), the same number without the cancellation near 0. 100 where
 * only the loss average is 0, 50 where both are.
 */
import { ExponentialAverage } from './exponential-average.ts'
import type { MemoryLayout } from './memory-layout.ts'

/**
 * After about 9,500 unchanged bars the averages would leave the range of a double and their ratio
 * would be lost. It no longer changes then, and any real change of a price is larger by far.
 */
const NEGLIGIBLE = 1e-250

export class RelativeStrength {
  private readonly gains: ExponentialAverage
  private readonly losses: ExponentialAverage
  private readonly total: number

  constructor(layout: MemoryLayout, length: number) {
    this.gains = ExponentialAverage.wilder(layout, length)
    this.losses = ExponentialAverage.wilder(layout, length)
    this.total = layout.reserve(2, NaN)
  }

  /** @param change close minus the close before. @returns 0..100, NaN before `length` changes. */
  update(memory: Float64Array, change: number): number {
    const total = memory[this.total]!
    if (change === 0 && total > 0 && total < NEGLIGIBLE) return memory[this.total + 1]!
    const gain = this.gains.update(memory, change > 0 ? change : 0)
    const loss = this.losses.update(memory, change < 0 ? -change : 0)
    memory[this.total] = gain + loss
    const index = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss)
    memory[this.total + 1] = index
    return index
  }
}

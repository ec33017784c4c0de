/**
 * EMA (alpha = 2/(n+1)) and Wilder's average (alpha = 1/n), seeded with the mean of the first n values.
 *
 * Until n values came it holds their running mean; from then on it moves by alpha of the distance, so
 * that rounding errors die out as old values do. For differences of two averages see
 * compensated-average.ts.
 *
 * Source of the seeding: Wilder 1978, "New Concepts in Technical Trading Systems"; TA-Lib does the same.
 */
import type { MemoryLayout } from './memory-layout.ts'

export class ExponentialAverage {
  private readonly length: number
  private readonly alpha: number
  private readonly value: number
  private readonly count: number

  private constructor(layout: MemoryLayout, length: number, alpha: number) {
    this.length = length
    this.alpha = alpha
    this.value = layout.reserve(2, 0)
    this.count = this.value + 1
  }

  static ema(layout: MemoryLayout, length: number): ExponentialAverage {
    return new ExponentialAverage(layout, length, 2 / (length + 1))
  }

  static wilder(layout: MemoryLayout, length: number): ExponentialAverage {
    return new ExponentialAverage(layout, length, 1 / length)
  }

  /** @returns the average with this input, NaN before `length` inputs. The input must not be NaN. */
  update(memory: Float64Array, input: number): number {
    const before = memory[this.value]!
    let count = memory[this.count]!
    let weight = this.alpha
    if (count < this.length) {
      count += 1
      memory[this.count] = count
      weight = 1 / count
    }
    const after = before + (input - before) * weight
    memory[this.value] = after
    return count < this.length ? NaN : after
  }
}

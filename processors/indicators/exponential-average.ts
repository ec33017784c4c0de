/**
 * EMA (alpha = 2/(n+1)) and Wilder's average (alpha = 1/n), seeded with the mean of the first n values.
 *
 * Until n values came it holds their running mean; from then on it moves by alpha of the distance. The
 * rounding error of each addition is kept beside the value (Dekker's two-sum), so that the difference
 * of two averages, a MACD, is still exact to the last digits when it is a millionth of the price.
 *
 * Source of the seeding: Wilder 1978, "New Concepts in Technical Trading Systems"; TA-Lib does the same.
 */
import type { MemoryLayout } from './memory-layout.ts'

export class ExponentialAverage {
  private readonly length: number
  private readonly alpha: number
  private readonly value: number
  private readonly error: number
  private readonly count: number

  private constructor(layout: MemoryLayout, length: number, alpha: number) {
    this.length = length
    this.alpha = alpha
    this.value = layout.reserve(3, 0)
    this.error = this.value + 1
    this.count = this.value + 2
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
    const step = (input - before - memory[this.error]!) * weight + memory[this.error]!
    const after = before + step
    // Two-sum: the exact rounding error of `before + step`, whichever of the two is larger.
    const added = after - before
    memory[this.value] = after
    memory[this.error] = before - (after - added) + (step - added)
    return count < this.length ? NaN : after
  }

  /** The difference to another average, to more digits than the two values have. */
  minus(memory: Float64Array, other: ExponentialAverage): number {
    return memory[this.value]! - memory[other.value]! + (memory[this.error]! - memory[other.error]!)
  }

  /** An input minus this average, to more digits than the average has. */
  below(memory: Float64Array, input: number): number {
    return input - memory[this.value]! - memory[this.error]!
  }
}

/**
 * EMA (alpha = 2/(n+1)) with the rounding error of every step kept beside the value (Dekker 1971,
 * two-sum), so that the difference of two averages, a MACD, is still exact to the last digits when it
 * is a billionth of the price. Seeded with the mean of the first n values, as exponential-average.ts.
 */
import type { MemoryLayout } from './memory-layout.ts'

export class CompensatedAverage {
  private readonly length: number
  private readonly alpha: number
  private readonly value: number
  private readonly error: number
  private readonly count: number

  constructor(layout: MemoryLayout, length: number) {
    this.length = length
    this.alpha = 2 / (length + 1)
    this.value = layout.reserve(3, 0)
    this.error = this.value + 1
    this.count = this.value + 2
  }

  /** @returns the average with this input, NaN before `length` inputs. The input must not be NaN. */
  update(memory: Float64Array, input: number): number {
    const before = memory[this.value]!
    const error = memory[this.error]!
    let count = memory[this.count]!
    let weight = this.alpha
    if (count < this.length) {
      count += 1
      memory[this.count] = count
      weight = 1 / count
    }
    const step = (input - before - error) * weight + error
    const after = before + step
    // Two-sum: the exact rounding error of `before + step`, whichever of the two is larger.
    const added = after - before
    memory[this.value] = after
    memory[this.error] = before - (after - added) + (step - added)
    return count < this.length ? NaN : after
  }

  /** The difference to another average, to more digits than the two values have. */
  minus(memory: Float64Array, other: CompensatedAverage): number {
    return memory[this.value]! - memory[other.value]! + (memory[this.error]! - memory[other.error]!)
  }

  /** An input minus this average, to more digits than the average has. */
  below(memory: Float64Array, input: number): number {
    return input - memory[this.value]! - memory[this.error]!
  }
}

/**
 * Highest or lowest of the last n values of a series.
 *
 * It remembers the extreme and its bar: a new value either takes its place or leaves it, and only when
 * it falls out of the window, once in some n bars, is the window searched again.
 */
import type { MemoryLayout } from './memory-layout.ts'
import type { Series } from './series.ts'

export class RollingExtreme {
  private readonly series: Series
  private readonly length: number
  /** 1 for the highest; -1 for the lowest, which is the highest of the negatives. */
  private readonly sign: 1 | -1
  private readonly extreme: number
  private readonly bar: number

  private constructor(layout: MemoryLayout, series: Series, length: number, sign: 1 | -1) {
    this.series = series
    this.length = length
    this.sign = sign
    this.extreme = layout.reserve(2, -Infinity)
    this.bar = this.extreme + 1
  }

  /** @param series holds `length` values or more, none of them null. */
  static highest(layout: MemoryLayout, series: Series, length: number): RollingExtreme {
    return new RollingExtreme(layout, series, length, 1)
  }

  /** @param series holds `length` values or more, none of them null. */
  static lowest(layout: MemoryLayout, series: Series, length: number): RollingExtreme {
    return new RollingExtreme(layout, series, length, -1)
  }

  /** Call it at every bar, after its value was pushed. @returns NaN before `length` bars. */
  update(memory: Float64Array, bars: number): number {
    const end = this.series.end(bars)
    const value = this.sign * memory[end]!
    if (value >= memory[this.extreme]!) {
      memory[this.extreme] = value
      memory[this.bar] = bars
    } else if (bars - memory[this.bar]! >= this.length) {
      this.search(memory, bars, end)
    }
    return bars + 1 < this.length ? NaN : this.sign * memory[this.extreme]!
  }

  private search(memory: Float64Array, bars: number, end: number): void {
    let found = 0
    for (let ago = 1; ago < this.length; ago++) {
      if (this.sign * memory[end - ago]! > this.sign * memory[end - found]!) found = ago
    }
    memory[this.extreme] = this.sign * memory[end - found]!
    memory[this.bar] = bars - found
  }
}

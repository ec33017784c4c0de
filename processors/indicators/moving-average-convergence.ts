/**
 * MACD (Appel 1979): EMA(12) - EMA(26) of the close, its EMA(9) as signal, and their difference.
 * Each average is seeded with its own first n values, so the line starts at bar 26, the signal at 34.
 */
import { CompensatedAverage } from './compensated-average.ts'
import type { MemoryLayout } from './memory-layout.ts'

export class MovingAverageConvergence {
  private readonly fast: CompensatedAverage
  private readonly slow: CompensatedAverage
  private readonly signal: CompensatedAverage

  constructor(layout: MemoryLayout) {
    this.fast = new CompensatedAverage(layout, 12)
    this.slow = new CompensatedAverage(layout, 26)
    this.signal = new CompensatedAverage(layout, 9)
  }

  /** Writes line, signal and histogram to `row` from `at` on. */
  update(memory: Float64Array, close: number, row: Float64Array, at: number): void {
    this.fast.update(memory, close)
    const warm = this.slow.update(memory, close)
    if (Number.isNaN(warm)) {
      row.fill(NaN, at, at + 3)
      return
    }
    const line = this.fast.minus(memory, this.slow)
    const signal = this.signal.update(memory, line)
    row[at] = line
    row[at + 1] = signal
    row[at + 2] = Number.isNaN(signal) ? NaN : this.signal.below(memory, line)
  }
}

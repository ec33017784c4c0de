/**
 * The newest values of one quantity, one per bar, always contiguous in memory.
 *
 * A ring whose every value is written twice, `capacity` apart: the window of the last n <= capacity
 * values then ends at `end(bars)` without wrapping, and sums over it are plain loops.
 */
import type { MemoryLayout } from './memory-layout.ts'

export class Series {
  private readonly base: number
  private readonly capacity: number

  /** @param capacity a power of two, at least the longest window read. */
  constructor(layout: MemoryLayout, capacity: number) {
    if (capacity < 1 || (capacity & (capacity - 1)) !== 0)
      throw new RangeError(`capacity ${capacity} is not a power of two`)
    this.capacity = capacity
    this.base = layout.reserve(2 * capacity)
  }

  /** Writes the value of the bar number `bars` (0 for the first). */
  push(memory: Float64Array, bars: number, value: number): void {
    const slot = this.base + (bars & (this.capacity - 1))
    memory[slot] = value
    memory[slot + this.capacity] = value
  }

  /** Index in memory of the value of bar number `bars`; the value k bars before it is k lower. */
  end(bars: number): number {
    return this.base + this.capacity + (bars & (this.capacity - 1))
  }
}

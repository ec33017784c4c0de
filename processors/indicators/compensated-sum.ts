/** A growing sum that does not lose what it rounds off (Neumaier 1974). Null inputs make it null. */
import type { MemoryLayout } from './memory-layout.ts'

export class CompensatedSum {
  private readonly sum: number

  constructor(layout: MemoryLayout) {
    this.sum = layout.reserve(2, 0)
  }

  reset(memory: Float64Array): void {
    memory[this.sum] = 0
    memory[this.sum + 1] = 0
  }

  /** @returns the sum with this input. */
  add(memory: Float64Array, input: number): number {
    const before = memory[this.sum]!
    const after = before + input
    const lost =
      Math.abs(before) >= Math.abs(input) ? before - after + input : input - after + before
    memory[this.sum] = after
    const error = memory[this.sum + 1]! + lost
    memory[this.sum + 1] = error
    return after + error
  }
}

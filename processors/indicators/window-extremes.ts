/** Highest and lowest of the values that end at an index of memory; null (NaN) with a null among them. */

/** Highest of `n` values that end at `end`. */
export function highestOf(memory: Float64Array, end: number, n: number): number {
  let highest = memory[end]!
  // Math.max keeps a NaN, and is one instruction.
  for (let i = end - n + 1; i < end; i++) highest = Math.max(highest, memory[i]!)
  return highest
}

/** Lowest of `n` values that end at `end`. */
export function lowestOf(memory: Float64Array, end: number, n: number): number {
  let lowest = memory[end]!
  for (let i = end - n + 1; i < end; i++) lowest = Math.min(lowest, memory[i]!)
  return lowest
}

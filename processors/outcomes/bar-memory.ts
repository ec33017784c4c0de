/**
 * The newest closes of one instrument by time, and where their vectors lie: a ring of typed arrays,
 * searched by bisection. Plain data, so that it is snapshotted as it is.
 */
export interface BarMemory {
  /** Close of the bar, ms UTC, ascending from `head` on. */
  readonly times: Float64Array
  readonly closes: Float64Array
  /** Offset of the vector in features.v1. */
  readonly offsets: Float64Array
  head: number
  count: number
}

/** A bar that is remembered. */
export interface RememberedBar {
  readonly timeMs: number
  readonly close: number
  readonly offset: number
}

/** @param capacity bars kept; 24 bytes each. */
export const barMemory = (capacity: number): BarMemory => ({
  times: new Float64Array(capacity),
  closes: new Float64Array(capacity),
  offsets: new Float64Array(capacity),
  head: 0,
  count: 0,
})

/** Adds a bar; one that is not later than the newest is left out. */
export function remember(memory: BarMemory, bar: RememberedBar): void {
  const newest = barAt(memory, memory.count - 1)
  if (newest !== undefined && bar.timeMs <= newest.timeMs) return
  const capacity = memory.times.length
  const slot = (memory.head + memory.count) % capacity
  memory.times[slot] = bar.timeMs
  memory.closes[slot] = bar.close
  memory.offsets[slot] = bar.offset
  if (memory.count < capacity) memory.count += 1
  else memory.head = (memory.head + 1) % capacity
}

export const newestBar = (memory: BarMemory): RememberedBar | undefined =>
  barAt(memory, memory.count - 1)
export const oldestBar = (memory: BarMemory): RememberedBar | undefined => barAt(memory, 0)

/** The first remembered bar that ends at this time or later. */
export function firstBarFrom(memory: BarMemory, timeMs: number): RememberedBar | undefined {
  let low = 0
  let high = memory.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((barAt(memory, middle)?.timeMs ?? Infinity) < timeMs) low = middle + 1
    else high = middle
  }
  return barAt(memory, low)
}

function barAt(memory: BarMemory, index: number): RememberedBar | undefined {
  if (index < 0 || index >= memory.count) return undefined
  const slot = (memory.head + index) % memory.times.length
  return {
    timeMs: memory.times[slot]!,
    close: memory.closes[slot]!,
    offset: memory.offsets[slot]!,
  }
}

/** The newest closes of one instrument by time: a ring of two typed arrays, searched by bisection. */
export class CloseHistory {
  private readonly times: Float64Array
  private readonly closes: Float64Array
  private count = 0
  private head = 0

  /** @param capacity bars kept; at 16 bytes each. */
  constructor(capacity: number) {
    this.times = new Float64Array(capacity)
    this.closes = new Float64Array(capacity)
  }

  get size(): number {
    return this.count
  }

  get oldestMs(): number | undefined {
    return this.count === 0 ? undefined : this.timeAt(0)
  }

  get newestMs(): number | undefined {
    return this.count === 0 ? undefined : this.timeAt(this.count - 1)
  }

  /** Adds a bar; one that is not later than the newest is left out. */
  add(eventTimeMs: number, close: number): void {
    const newest = this.newestMs
    if (newest !== undefined && eventTimeMs <= newest) return
    const capacity = this.times.length
    const slot = (this.head + this.count) % capacity
    this.times[slot] = eventTimeMs
    this.closes[slot] = close
    if (this.count < capacity) this.count += 1
    else this.head = (this.head + 1) % capacity
  }

  /** Close of the bar that ends at this time, if it is kept. */
  at(eventTimeMs: number): number | undefined {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const time = this.timeAt(middle)
      if (time === eventTimeMs) return this.closes[(this.head + middle) % this.closes.length]
      if (time < eventTimeMs) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  /** The newest bars as `[eventTimeMs, close]`, oldest first. */
  newest(bars: number): [number, number][] {
    const from = Math.max(0, this.count - bars)
    return Array.from({ length: this.count - from }, (_, index) => {
      const slot = (this.head + from + index) % this.times.length
      return [this.times[slot] ?? 0, this.closes[slot] ?? 0]
    })
  }

  private timeAt(index: number): number {
    return this.times[(this.head + index) % this.times.length] ?? 0
  }
}

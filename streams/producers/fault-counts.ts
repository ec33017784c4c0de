/** Counts bad rows by cause, in bounded memory: numbers in causes are taken as equal. */
const KINDS_MAX = 50
const OTHER = 'other causes'

export class FaultCounts {
  private readonly counts = new Map<string, number>()

  add(code: string, cause: string): void {
    const kind = `${code}: ${cause.replace(/-?\d+(\.\d+)?(e[+-]?\d+)?/g, 'N')}`
    const name = this.counts.has(kind) || this.counts.size < KINDS_MAX ? kind : OTHER
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** Most frequent first. */
  byCause(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([, a], [, b]) => b - a))
  }
}

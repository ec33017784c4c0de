/**
 * A label that cannot grow without end: every value of a label is a series that Prometheus keeps. The
 * first values keep their name, what comes after them is counted together.
 */
const OTHER = 'other'
/** Instruments that have series of their own. */
export const INSTRUMENTS_MAX = 50
/** Versions of a model that have series of their own in one process. */
export const VERSIONS_MAX = 20

export class BoundedLabel {
  private readonly known = new Set<string>()
  private readonly max: number

  constructor(max: number) {
    this.max = max
  }

  /** The label to use for a value. */
  of(value: string): string {
    if (this.known.has(value)) return value
    if (this.known.size >= this.max) return OTHER
    this.known.add(value)
    return value
  }
}

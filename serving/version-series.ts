/**
 * How many versions a server's metrics speak of. Every version that scores has counters and a histogram of
 * its own; a server that runs for years sees thousands of versions and nobody asks for the old ones.
 */

/** Versions without a role whose series stay, so that one that is taken back goes on where it was. */
export const RETIRED_MAX = 16

export interface VersionLabels {
  readonly model: string
  readonly version: string
}

export class VersionSeries {
  /** Without a role, in the order in which they lost it. */
  private readonly retired = new Map<string, VersionLabels>()
  private readonly forget: (labels: VersionLabels) => void

  /** @param forget removes all series of a version */
  constructor(forget: (labels: VersionLabels) => void) {
    this.forget = forget
  }

  /** @param routed all versions that have a role now; @param left some that may have lost theirs */
  follow(routed: readonly VersionLabels[], left: readonly VersionLabels[]): void {
    const current = new Set(routed.map(keyOf))
    for (const labels of left) {
      const key = keyOf(labels)
      if (current.has(key)) continue
      this.retired.delete(key)
      this.retired.set(key, labels)
    }
    for (const key of current) this.retired.delete(key)
    for (const [key, labels] of this.retired) {
      if (this.retired.size <= RETIRED_MAX) return
      this.retired.delete(key)
      this.forget(labels)
    }
  }
}

const keyOf = ({ model, version }: VersionLabels): string => `${model}/${version}`

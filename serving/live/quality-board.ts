/** The newest quality of each model version, instrument and window, as published. */
import type { ModelQuality } from '../../schemas/generated.ts'

/** Entries kept: some dozens of versions on some dozens of instruments, three windows each. */
const ENTRIES_MAX = 5_000

export class QualityBoard {
  private readonly newest = new Map<string, ModelQuality>()

  add(quality: ModelQuality): void {
    const { instrument, modelName, modelVersion, windowMinutes } = quality
    const key = `${instrument}@${modelName}/${modelVersion}/${windowMinutes}`
    // Taken out and put back: the order of a Map is then that of the last change.
    this.newest.delete(key)
    this.newest.set(key, quality)
    const [oldest] = this.newest.keys()
    if (this.newest.size > ENTRIES_MAX && oldest !== undefined) this.newest.delete(oldest)
  }

  /** By model and version, the version that was judged last first; windows ascending. */
  of(instrument: string): ModelQuality[] {
    return [...this.newest.values()]
      .filter((quality) => quality.instrument === instrument)
      .sort(
        (a, b) =>
          b.eventTimeMs - a.eventTimeMs ||
          (a.modelName < b.modelName ? -1 : +(a.modelName > b.modelName)) ||
          (a.modelVersion < b.modelVersion ? -1 : +(a.modelVersion > b.modelVersion)) ||
          a.windowMinutes - b.windowMinutes,
      )
  }
}

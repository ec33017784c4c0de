/** How many records of each topic this server knows of, and how fast they come. */
import type { TopicTail } from './topic-tail.ts'

export interface PipelineCounter {
  readonly name: string
  readonly records: number
  /** False where the count includes offsets from before this server: commit markers count there too. */
  readonly exact: boolean
  readonly perSecond: number
}

/** The rate follows the newest half minute or so: weight of the newest sample, one a half second. */
const SMOOTHING = 0.15

export class PipelineCounters {
  private readonly tails: ReadonlyMap<string, Pick<TopicTail, 'read' | 'before'>>
  private readonly rates = new Map<string, { read: number; perSecond: number }>()
  private sampledAtMs = performance.now()

  /** @param tails by the name they are shown under, in the order they are shown in. */
  constructor(tails: ReadonlyMap<string, Pick<TopicTail, 'read' | 'before'>>) {
    this.tails = tails
  }

  /** Takes a sample of the rates. */
  sample(): void {
    const now = performance.now()
    const seconds = (now - this.sampledAtMs) / 1_000
    if (seconds <= 0) return
    this.sampledAtMs = now
    for (const [name, { read }] of this.tails) {
      const last = this.rates.get(name)
      const current = (read - (last?.read ?? read)) / seconds
      const perSecond = (1 - SMOOTHING) * (last?.perSecond ?? 0) + SMOOTHING * current
      this.rates.set(name, { read, perSecond: perSecond < 0.005 ? 0 : perSecond })
    }
  }

  list(): PipelineCounter[] {
    return [...this.tails].map(([name, { read, before }]) => ({
      name,
      records: before + read,
      exact: before === 0,
      perSecond: this.rates.get(name)?.perSecond ?? 0,
    }))
  }
}

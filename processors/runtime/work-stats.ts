/** What the workers of a process have done, counted since it started. */
import type { DeadLetter } from '../../schemas/generated.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import type { Outgoing } from './processor.ts'
import type { ProcessorMetrics } from './processor-metrics.ts'

export interface WorkStats {
  recordsIn: number
  recordsOut: number
  deadLetters: number
  /** Dead letters by code. */
  readonly deadLetterCodes: Record<string, number>
  commits: number
  snapshots: number
  /** Records re-applied at restores. */
  reapplied: number
  /** Records of the side input taken, those of restores included. */
  sideRecordsIn: number
}

export const noWork = (): WorkStats => ({
  recordsIn: 0,
  recordsOut: 0,
  deadLetters: 0,
  deadLetterCodes: {},
  commits: 0,
  snapshots: 0,
  reapplied: 0,
  sideRecordsIn: 0,
})

/** Counts the dead letters among what was published. */
export function countDeadLetters(
  stats: WorkStats,
  metrics: ProcessorMetrics | undefined,
  outgoing: readonly Outgoing[],
): void {
  for (const { topic, value } of outgoing) {
    if (topic !== deadLettersTopic) continue
    const { code } = value as DeadLetter
    stats.deadLetters += 1
    stats.deadLetterCodes[code] = (stats.deadLetterCodes[code] ?? 0) + 1
    metrics?.deadLetter(code)
  }
}

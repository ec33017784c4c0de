/** Where every watched group stands, looked at a few times a second for as long as the run lasts. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RunContext } from '../../bin/start/run-context.ts'
import type { GroupInput } from './targets.ts'

const LOOK_EVERY_MS = 250
const LOOK_TIMEOUT_MS = 15_000

/** Offsets by partition. */
type Offsets = ReadonlyMap<number, number>

export interface Look {
  readonly atMs: number
  /** By topic: the last stable offsets. */
  readonly ends: ReadonlyMap<string, Offsets>
  /** By `group topic`: the committed ones; a partition without is missing. */
  readonly committed: ReadonlyMap<string, Offsets>
}

const keyOf = ({ groupId, topic }: GroupInput): string => `${groupId} ${topic}`

export class PositionWatch {
  latest: Look | undefined
  private readonly context: RunContext
  private readonly inputs: readonly GroupInput[]
  private readonly stopping = new AbortController()
  private watching: Promise<void> = Promise.resolve()

  constructor(context: RunContext, inputs: readonly GroupInput[]) {
    this.context = context
    this.inputs = [...new Map(inputs.map((input) => [keyOf(input), input])).values()]
  }

  start(): void {
    this.watching = this.watch()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.watching
  }

  private async watch(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      // While the broker is down there is no look, and nothing counts as recovered.
      const look = await Promise.race([
        this.look().catch(() => undefined),
        delay(LOOK_TIMEOUT_MS, undefined, { ref: false }),
      ])
      if (look !== undefined) this.latest = look
      await delay(LOOK_EVERY_MS)
    }
  }

  private async look(): Promise<Look> {
    const { reader, admin } = this.context
    const atMs = Date.now()
    const committed = new Map<string, Offsets>()
    for (const input of this.inputs) {
      const [answer] = await admin.fetchOffsets({ groupId: input.groupId, topics: [input.topic] })
      const offsets = (answer?.partitions ?? []).map(
        ({ partition, offset }) => [partition, Number(offset)] as const,
      )
      committed.set(keyOf(input), new Map(offsets.filter(([, offset]) => offset >= 0)))
    }
    const ends = new Map<string, Offsets>()
    for (const topic of new Set(this.inputs.map((input) => input.topic))) {
      const entries: [number, number][] = []
      for (const partition of await reader.partitions(topic))
        entries.push([partition, await reader.endOffset(topic, partition)])
      ends.set(topic, new Map(entries))
    }
    return { atMs, ends, committed }
  }
}

/**
 * Whether a group has processed something that came after the look `before`, in every partition in
 * which something came, and in one at least.
 */
export function hasMovedOn(input: GroupInput, before: Look, now: Look): boolean {
  const [then, ends] = [before.ends.get(input.topic), now.ends.get(input.topic)]
  const committed = now.committed.get(keyOf(input))
  const grown = [...(ends ?? [])].filter(
    ([partition, end]) => end > (then?.get(partition) ?? 0) + MARKER,
  )
  return (
    grown.length > 0 &&
    grown.every(
      ([partition]) => (committed?.get(partition) ?? 0) > (then?.get(partition) ?? 0) + MARKER,
    )
  )
}

/** Whether a group has processed all there is. */
export function isThrough(input: GroupInput, now: Look): boolean {
  const committed = now.committed.get(keyOf(input))
  return [...(now.ends.get(input.topic) ?? [])].every(
    ([partition, end]) => (committed?.get(partition) ?? 0) >= end - MARKER,
  )
}

/** The last stable offset may have stood before a commit marker: that is no new record. */
const MARKER = 1

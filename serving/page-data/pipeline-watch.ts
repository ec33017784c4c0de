/**
 * Where every consumer group of the pipeline stands: its members and what it has not processed yet.
 * Asked only while somebody looks at the page, and at most every {@link KEPT_MS}.
 */
import type { Admin } from 'kafkajs'
import { lookAtGroup, WATCHED_GROUPS } from '../../processors/alerts/watch/watched-groups.ts'
import { messageOf } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'

export interface GroupState {
  /** `features`, `sink-clickhouse` and so on. */
  readonly name: string
  readonly topic: string
  /** Null where it never ran, or the broker does not answer. */
  readonly members: number | null
  /** Offsets behind, transaction markers included; null as above. */
  readonly lag: number | null
  /** Whether a record waits for it. */
  readonly pending: boolean
}

export interface GroupStates {
  readonly groups: readonly GroupState[]
  readonly askedAtMs: number
  /** Why there is no answer; null if there is one. */
  readonly failure: string | null
}

const KEPT_MS = 4_000
const ANSWER_MS = 8_000

export class PipelineWatch {
  private readonly admin: Admin
  private readonly reader: PartitionReader
  private connected: Promise<void> | undefined
  private newest: GroupStates | undefined
  private asking: Promise<GroupStates> | undefined

  constructor(admin: Admin, reader: PartitionReader) {
    this.admin = admin
    this.reader = reader
  }

  /** What is known, at most {@link KEPT_MS} old where the broker answers; never rejects. */
  async states(): Promise<GroupStates> {
    if (this.newest !== undefined && Date.now() - this.newest.askedAtMs < KEPT_MS)
      return this.newest
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined
    })
    const timer = new AbortController()
    const late = new Promise<GroupStates>((resolve) => {
      const timeout = setTimeout(
        () => resolve(unanswered(`The broker did not answer within ${ANSWER_MS} ms`)),
        ANSWER_MS,
      )
      timer.signal.addEventListener('abort', () => clearTimeout(timeout), { once: true })
    })
    try {
      return await Promise.race([this.asking, late])
    } finally {
      timer.abort()
    }
  }

  async close(): Promise<void> {
    await this.admin.disconnect()
  }

  private async ask(): Promise<GroupStates> {
    try {
      this.connected ??= this.admin.connect()
      await this.connected
      const groups: GroupState[] = []
      for (const group of WATCHED_GROUPS) {
        const look = await lookAtGroup(this.admin, this.reader, group)
        groups.push({
          name: group.groupId.replace(/^candlewire-/, ''),
          topic: group.topic,
          members: look?.members ?? null,
          lag: look?.lag ?? null,
          pending: look?.pending ?? false,
        })
      }
      this.newest = { groups, askedAtMs: Date.now(), failure: null }
    } catch (thrown) {
      this.connected = undefined
      this.newest = unanswered(messageOf(thrown))
    }
    return this.newest
  }
}

const unanswered = (failure: string): GroupStates => ({
  groups: WATCHED_GROUPS.map(({ groupId, topic }) => ({
    name: groupId.replace(/^candlewire-/, ''),
    topic,
    members: null,
    lag: null,
    pending: false,
  })),
  askedAtMs: Date.now(),
  failure,
})

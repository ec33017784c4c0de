/**
 * Where every consumer group of the pipeline stands: its members and what it has not processed yet.
 * Asked only while somebody looks at the page, and at most every {@link KEPT_MS}.
 */
import type { Admin } from 'kafkajs'
import {
  lookAtGroup,
  WATCHED_GROUPS,
  type WatchedGroup,
} from '../../processors/alerts/watch/watched-groups.ts'
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
  /** When the broker last told of `groups`; null: never. */
  readonly askedAtMs: number | null
  /** Why `groups` is not of now; null if it is. */
  readonly failure: string | null
}

const KEPT_MS = 4_000
const ANSWER_MS = 4_000

export class PipelineWatch {
  private readonly admin: Admin
  private readonly reader: PartitionReader
  private readonly look: typeof lookAtGroup
  private connected: Promise<void> | undefined
  private answered: Pick<GroupStates, 'groups' | 'askedAtMs'> = { groups: UNKNOWN, askedAtMs: null }
  private newest: GroupStates | undefined
  private triedAtMs = -Infinity
  private asking: Promise<GroupStates> | undefined

  /** @param look at one group; others only in tests */
  constructor(admin: Admin, reader: PartitionReader, look = lookAtGroup) {
    this.admin = admin
    this.reader = reader
    this.look = look
  }

  /** What is known, at most {@link KEPT_MS} old where the broker answers; never rejects. */
  async states(): Promise<GroupStates> {
    if (this.newest !== undefined && performance.now() - this.triedAtMs < KEPT_MS)
      return this.newest
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined
    })
    const timer = new AbortController()
    const late = new Promise<GroupStates>((resolve) => {
      const failure = `The broker did not answer within ${ANSWER_MS} ms`
      const timeout = setTimeout(() => resolve(this.unasked(failure)), ANSWER_MS)
      timer.signal.addEventListener('abort', () => clearTimeout(timeout), { once: true })
    })
    try {
      return await Promise.race([this.asking, late])
    } finally {
      timer.abort()
    }
  }

  /** What the broker told last, for who knows already that it does not answer. */
  unasked(failure: string): GroupStates {
    return { ...this.answered, failure }
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
        const look = await this.look(this.admin, this.reader, group)
        groups.push({
          ...unknown(group),
          ...(look === undefined
            ? {}
            : { members: look.members, lag: look.lag, pending: look.pending }),
        })
      }
      this.answered = { groups, askedAtMs: Date.now() }
      this.newest = { ...this.answered, failure: null }
    } catch (thrown) {
      this.connected = undefined
      this.newest = this.unasked(messageOf(thrown))
    }
    this.triedAtMs = performance.now()
    return this.newest
  }
}

const unknown = ({ groupId, topic }: WatchedGroup): GroupState => ({
  name: groupId.replace(/^candlewire-/, ''),
  topic,
  members: null,
  lag: null,
  pending: false,
})
const UNKNOWN = WATCHED_GROUPS.map(unknown)

/**
 * A consumer group over the simulated log: kafkajs' consumer, as much of it as the sinks use. A member
 * is given partitions and reads each of them batch by batch. When the group is assigned anew a member
 * goes on, as in kafkajs, with what it was doing until it hears of it; one that stands still hears of it
 * when it wakes.
 */
import type { Batch, Consumer, EachBatchHandler, EachBatchPayload } from 'kafkajs'
import type { Random } from '../../streams/sources/simulation/random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedLog } from './simulated-log.ts'

/** How kafkajs tells a member that its group is being assigned anew. */
class RebalancingError extends Error {
  override readonly name = 'KafkaJSProtocolError'
}

interface GroupWorld {
  readonly log: SimulatedLog
  readonly scheduler: Scheduler
  readonly random: Random
}

type Listener = (event: { payload: unknown }) => void
type Handler = (payload: EachBatchPayload) => Promise<void>

export class SimulatedGroup {
  readonly topic: string
  readonly id: string
  readonly partitions: number
  generation = 0
  private members: Member[] = []
  private owners: Member[] = []
  private readonly random: Random

  constructor(id: string, topic: string, partitions: number, random: Random) {
    this.id = id
    this.topic = topic
    this.partitions = partitions
    this.random = random
  }

  join(member: Member): void {
    this.members.push(member)
    this.assignTo(this.members)
  }

  /** A dead member, or one that the group has not heard of for too long. */
  leave(actor: string): void {
    this.members = this.members.filter((member) => member.actor !== actor)
    this.assignTo(this.members)
  }

  /** A member that was not heard of is back. */
  isMember(member: Member): boolean {
    return this.members.includes(member)
  }

  partitionsOf(member: Member): number[] {
    return this.owners.flatMap((owner, partition) => (owner === member ? [partition] : []))
  }

  private assignTo(members: readonly Member[]): void {
    this.generation += 1
    const first = Math.floor(this.random.uniform() * 100)
    this.owners =
      members.length === 0
        ? []
        : Array.from(
            { length: this.partitions },
            (_, at) => members[(first + at) % members.length]!,
          )
  }
}

/** One consumer of a group. */
export class Member {
  readonly actor: string
  private readonly world: GroupWorld
  private readonly group: SimulatedGroup
  private readonly listeners = new Map<string, Listener[]>()
  private readonly positions = new Map<number, number>()
  /** Partitions that were sent elsewhere since they were last fetched. */
  private readonly sought = new Set<number>()
  private readonly reading = new Set<number>()
  private generation = 0
  private handler: Handler | undefined
  private stopped = false

  constructor(world: GroupWorld, group: SimulatedGroup, actor: string) {
    this.world = world
    this.group = group
    this.actor = actor
  }

  /** As kafkajs names it. */
  get consumer(): Consumer {
    const events = Object.fromEntries(
      ['GROUP_JOIN', 'END_BATCH_PROCESS', 'CRASH', 'REBALANCING'].map((name) => [name, name]),
    )
    const resolved = () => Promise.resolve()
    return {
      events,
      connect: resolved,
      subscribe: resolved,
      disconnect: () => {
        this.stopped = true
        this.group.leave(this.actor)
        return Promise.resolve()
      },
      on: (event: string, listener: Listener) =>
        this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]),
      run: ({ eachBatch }: { eachBatch: EachBatchHandler }) => {
        this.handler = eachBatch
        this.group.join(this)
        void this.live()
        return Promise.resolve()
      },
      seek: ({ partition, offset }: { partition: number; offset: string }) => {
        this.positions.set(partition, Number(offset))
        this.sought.add(partition)
      },
      commitOffsets: (offsets: readonly Commit[]) => this.commit(offsets),
    } as unknown as Consumer
  }

  /** Joins as often as the group is assigned anew, and reads what it was given. */
  private async live(): Promise<void> {
    const { scheduler } = this.world
    for (;;) {
      await scheduler.turn(this.actor)
      if (this.stopped) return
      if (!this.group.isMember(this)) this.group.join(this)
      if (this.generation !== this.group.generation) this.joined()
      for (const partition of this.group.partitionsOf(this))
        if (!this.reading.has(partition)) this.read(partition)
    }
  }

  private joined(): void {
    const { group, world } = this
    this.generation = group.generation
    const partitions = group.partitionsOf(this)
    for (const partition of partitions)
      this.positions.set(
        partition,
        world.log.committedOffset(group.id, group.topic, partition) ?? 0,
      )
    this.emit('GROUP_JOIN', { memberAssignment: { [group.topic]: partitions } })
  }

  private read(partition: number): void {
    this.reading.add(partition)
    this.readBatch(partition)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof RebalancingError)) throw thrown
      })
      .finally(() => this.reading.delete(partition))
  }

  /** One fetch: committed records, or nothing but markers and aborted records. */
  private async readBatch(partition: number): Promise<void> {
    const { log, scheduler, random } = this.world
    const { topic } = this.group
    const from = this.positions.get(partition) ?? 0
    this.sought.delete(partition)
    await scheduler.turn(this.actor)
    const end = log.lastStableOffset(topic, partition)
    if (this.sought.has(partition) || from >= end || this.isAssignedAnew()) return
    const to = Math.min(end, from + 1 + Math.floor(random.uniform() * 25))
    const records = log.read(topic, partition, from, to)
    const place = { firstOffset: String(from), lastOffset: String(to - 1) }
    const payload = { topic, partition, ...place, offsetLag: String(end - to) }
    if (records.length > 0) await this.handOver(partition, place, records, end)
    else this.positions.set(partition, to)
    this.emit('END_BATCH_PROCESS', { ...payload, batchSize: records.length })
  }

  private async handOver(
    partition: number,
    place: { readonly firstOffset: string; readonly lastOffset: string },
    records: ReturnType<SimulatedLog['read']>,
    end: number,
  ): Promise<void> {
    const batch = {
      topic: this.group.topic,
      partition,
      messages: records.map(({ offset, key, value, timestampMs }) => ({
        offset: String(offset),
        key,
        value,
        timestamp: String(timestampMs),
      })),
      firstOffset: () => place.firstOffset,
      lastOffset: () => place.lastOffset,
      offsetLag: () => String(end - 1 - Number(place.lastOffset)),
    } as unknown as Batch
    const isStale = () => this.sought.has(partition)
    await this.handler?.({
      batch,
      isRunning: () => !this.stopped,
      isStale,
      resolveOffset: (offset: string) => {
        if (!isStale()) this.positions.set(partition, Number(offset) + 1)
      },
      heartbeat: async () => {
        await this.world.scheduler.turn(this.actor)
        if (this.isAssignedAnew()) throw new RebalancingError('The group is rebalancing')
      },
    } as unknown as EachBatchPayload)
  }

  private async commit(offsets: readonly Commit[]): Promise<void> {
    const { log, scheduler } = this.world
    const generation = this.generation
    await scheduler.turn(this.actor)
    if (generation !== this.group.generation) throw new RebalancingError('Of an old generation')
    for (const { topic, partition, offset, metadata } of offsets)
      log.commitOffset(this.group.id, topic, partition, { offset: Number(offset), metadata })
  }

  private isAssignedAnew(): boolean {
    return this.generation !== this.group.generation || !this.group.isMember(this)
  }

  private emit(event: string, payload: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener({ payload })
  }
}

interface Commit {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly metadata: string
}

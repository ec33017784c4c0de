/**
 * The consumer group under a sink. The group only assigns partitions; where each is read from is
 * decided by the store it is written to (`start-offset.ts`), and what is done with its records by a
 * {@link PartitionSink}.
 *
 *   1. The group assigns: what was held in memory of the generation before is dropped, unwritten.
 *   2. Every partition is opened: its store is asked, the consumer is sent to the answer. Not at its
 *      first batch: a store that was emptied is filled again even if no new record ever comes.
 *   3. Records go to the partition's sink, which takes its time while the heartbeat goes on: a slow
 *      store holds the reading back and nothing piles up.
 *   4. When the sink says what is stored, that is committed: for monitoring, and so that the next
 *      start knows of records that left nothing in the store.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { PartitionReader, type RawRecord } from '../../streams/partition-reader.ts'
import type { AnyTopic } from '../../streams/topics.ts'
import { commitNote, commitOf, startOffset } from './start-offset.ts'

/** One partition of one topic on its way into a store. */
export interface PartitionSink {
  /** Asks the store for the newest offset it holds of this partition; waits for the store. */
  storedThrough(): Promise<number | undefined>
  /** Takes records over, in order; repeated ones are ignored. Resolves when there is room for more. */
  write(records: readonly RawRecord[]): Promise<void>
  /** Told that everything below `offset` was handed over, markers and gaps included. */
  reached(offset: number): void
  /** Ends the work. @param rest 'store' tries to write what is held, 'drop' forgets it. */
  close(rest: 'store' | 'drop'): Promise<void>
}

/** How a partition sink reports back. */
export interface PartitionEvents {
  /** Everything below `nextOffset` is dealt with. */
  stored(nextOffset: number, storedThrough: number | undefined): void
  /** The store lost what it held: read the partition again from where the store stands now. */
  lost(): void
  failed(error: unknown): void
}

export interface SinkGroupOptions {
  readonly groupId: string
  readonly storeName: string
  readonly config: Pick<Config, 'kafkaBrokers' | 'sessionTimeoutMs'>
  readonly kafka: KafkaClient
  readonly logger: Logger
  readonly topics: readonly AnyTopic[]
  readonly open: (topic: AnyTopic, partition: number, events: PartitionEvents) => PartitionSink
}

interface Owned {
  readonly topic: AnyTopic
  readonly partition: number
  readonly sink: PartitionSink
  readonly opened: Promise<void>
  /** What lies before was handed over or is in the store; undefined until opened. */
  next: number | undefined
  storedUpTo: number
  lagRecords: number
  /** The newest offset that waits to be committed, and the commit that is on its way. */
  toCommit: { readonly offset: string; readonly metadata: string } | undefined
  committing: Promise<void> | undefined
}

/** Per fetch and partition: about 4,000 vectors. */
const FETCH_BYTES_PER_PARTITION = 4 * 1024 * 1024
const FETCH_WAIT_MS = 100
/** A partition that waits for its store does not hold up the others. */
const PARTITIONS_AT_ONCE = 4
const CHUNK_RECORDS = 500
const STOP_AFTER_FAILURE_MS = 1_000
/** At a stop, how long the last commits may take. */
const LAST_COMMIT_MS = 5_000

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

export class SinkGroup {
  /** Never resolves; rejects when the sink cannot go on. */
  readonly failed: Promise<never>
  private readonly options: SinkGroupOptions
  private readonly consumer: Consumer
  private readonly admin: Admin
  private readonly reader: PartitionReader
  private owned = new Map<string, Owned>()
  private stopping = false
  private reject: (reason: Error) => void = () => undefined

  constructor(options: SinkGroupOptions) {
    const { config, kafka, groupId, logger } = options
    this.options = options
    this.failed = new Promise<never>((_, reject) => {
      this.reject = reject
    })
    // A rejection nobody waits for yet must not end the process before its owner looks.
    this.failed.catch(() => undefined)
    this.admin = kafka.admin()
    this.reader = new PartitionReader(config, `${groupId}-offsets`, logger)
    this.consumer = kafka.consumer({
      groupId,
      sessionTimeout: config.sessionTimeoutMs,
      rebalanceTimeout: config.sessionTimeoutMs * 3,
      heartbeatInterval: Math.floor(config.sessionTimeoutMs / 5),
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
    })
  }

  /** Resolves when the group is joined. */
  async start(): Promise<void> {
    const { topics, config, groupId } = this.options
    await Promise.all([this.admin.connect(), this.reader.connect(), this.consumer.connect()])
    for (const topic of topics) await this.consumer.subscribe({ topic: topic.name, fromBeginning: true })
    const { GROUP_JOIN, END_BATCH_PROCESS, CRASH } = this.consumer.events
    const joined = new Promise<void>((resolve) => {
      this.consumer.on(GROUP_JOIN, ({ payload }) => {
        this.assign(payload.memberAssignment)
        resolve()
      })
    })
    this.consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.skipMarkers(payload.topic, payload.partition, payload)
    })
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.fail(payload.error)
    })
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.eachBatch(payload),
    })
    const timeout = config.sessionTimeoutMs * 6
    const late = delay(timeout, undefined, { ref: false }).then(() => {
      throw new CandlewireError('BROKER_FAILED', `${groupId}: joining its group took longer than ${timeout} ms`)
    })
    await Promise.race([joined, late, this.failed])
  }

  /** Writes what is held, leaves the group, closes the connections. */
  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    const owned = [...this.owned.values()]
    await Promise.all(owned.map(({ sink }) => sink.close('store')))
    const commits = owned.flatMap(({ committing }) => (committing === undefined ? [] : [committing]))
    await Promise.race([Promise.all(commits), delay(LAST_COMMIT_MS, undefined, { ref: false })])
    await this.consumer.disconnect()
    await Promise.all([this.admin.disconnect(), this.reader.disconnect()])
  }

  /** Next offset of an owned partition below which everything is stored; undefined if not owned. */
  storedUpTo(topic: string, partition: number): number | undefined {
    return this.owned.get(keyOf(topic, partition))?.storedUpTo
  }

  /** Records of the owned partitions that were not handed over yet, as of the last fetch of each. */
  lagRecords(): number {
    return [...this.owned.values()].reduce((sum, owned) => sum + owned.lagRecords, 0)
  }

  /** Steps 1 and 2. Runs in the same turn in which the group was joined, before anything is fetched. */
  private assign(assignment: Readonly<Record<string, number[]>>): void {
    const before = this.owned
    this.owned = new Map()
    const dropped = new Map([...before].map(([key, owned]) => [key, owned.sink.close('drop')]))
    for (const topic of this.options.topics) {
      for (const partition of assignment[topic.name] ?? []) {
        this.own(topic, partition, dropped.get(keyOf(topic.name, partition)))
      }
    }
  }

  private own(topic: AnyTopic, partition: number, previous: Promise<void> = Promise.resolve()): void {
    const key = keyOf(topic.name, partition)
    const current = () => this.owned.get(key) === owned
    const sink = this.options.open(topic, partition, {
      stored: (nextOffset, storedThrough) => this.commit(owned, nextOffset, storedThrough),
      lost: () => {
        if (current()) this.own(topic, partition, sink.close('drop'))
      },
      failed: (error) => {
        if (current()) this.fail(error)
      },
    })
    const opened = previous.then(async () => {
      const start = await this.startOf(topic, partition, sink)
      if (!current()) return
      owned.next = start
      owned.storedUpTo = start
      this.consumer.seek({ topic: topic.name, partition, offset: String(start) })
      sink.reached(start)
    })
    const owned: Owned = { topic, partition, sink, opened, next: undefined, storedUpTo: 0, lagRecords: 0, toCommit: undefined, committing: undefined }
    this.owned.set(key, owned)
    opened.catch((thrown: unknown) => {
      if (current() && !this.stopping) this.fail(thrown)
    })
  }

  private async startOf(topic: AnyTopic, partition: number, sink: PartitionSink): Promise<number> {
    const storedThrough = await sink.storedThrough()
    const { groupId, storeName, logger } = this.options
    const [offsets, beginning, end] = await Promise.all([
      this.admin.fetchOffsets({ groupId, topics: [topic.name] }),
      this.reader.beginningOffset(topic.name, partition),
      this.reader.endOffset(topic.name, partition),
    ])
    const committed = offsets[0]?.partitions.find((entry) => entry.partition === partition)
    const start = startOffset({
      where: keyOf(topic.name, partition),
      store: storeName,
      storedThrough,
      commit: commitOf(committed?.offset, committed?.metadata),
      beginning,
      end,
    })
    logger.debug({ topic: topic.name, partition, storedThrough, start, end }, 'Partition opened')
    return start
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch
    const owned = this.owned.get(keyOf(topic, partition))
    if (owned === undefined) return
    // Waiting for a store outlasts the heartbeat interval; the group must not notice.
    const beat = setInterval(() => {
      payload.heartbeat().catch((cause: unknown) => {
        this.options.logger.debug({ topic, partition, cause: messageOf(cause) }, 'Heartbeat failed; the group will rebalance')
      })
    }, Math.floor(this.options.config.sessionTimeoutMs / 5))
    try {
      await owned.opened
      await this.handOver(owned, payload)
    } catch (thrown) {
      // From the group: kafkajs rejoins, and what was not resolved comes again to whoever owns it.
      if (isFromGroup(thrown)) throw thrown
      if (this.owned.get(keyOf(topic, partition)) !== owned || this.stopping) return
      this.fail(thrown)
      // Unresolved, so nothing is skipped; the owner ends the process meanwhile.
      await delay(STOP_AFTER_FAILURE_MS)
    } finally {
      clearInterval(beat)
    }
  }

  /** Step 3. A batch from before the seek of step 2 is stale and is not taken. */
  private async handOver(owned: Owned, payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const superseded = () => this.stopping || this.owned.get(keyOf(batch.topic, batch.partition)) !== owned
    for (let from = 0; from < batch.messages.length; from += CHUNK_RECORDS) {
      if (!payload.isRunning() || payload.isStale() || superseded()) return
      const messages = batch.messages.slice(from, from + CHUNK_RECORDS)
      await owned.sink.write(
        messages.map((message) => ({
          partition: batch.partition,
          offset: Number(message.offset),
          timestampMs: Number(message.timestamp),
          key: message.key,
          value: message.value,
        })),
      )
      if (superseded()) return
      payload.resolveOffset(String(messages.at(-1)?.offset))
      await payload.heartbeat()
    }
    payload.resolveOffset(batch.lastOffset())
    owned.lagRecords = Number(batch.offsetLag())
    owned.next = Number(batch.lastOffset()) + 1
    owned.sink.reached(owned.next)
  }

  /**
   * A batch of nothing but transaction markers is seen by no handler. Without it a sink would stand
   * one record before the end for ever. One that does not continue from our position was fetched
   * before the seek of step 2, or lies behind a gap that compaction left: the log tells which.
   */
  private skipMarkers(topic: string, partition: number, markers: { firstOffset: string; lastOffset: string; offsetLag: string }): void {
    const owned = this.owned.get(keyOf(topic, partition))
    if (owned?.next === undefined) return
    const from = owned.next
    const to = Number(markers.lastOffset) + 1
    const advance = () => {
      if (owned.next !== from || to <= from || this.owned.get(keyOf(topic, partition)) !== owned) return
      owned.next = to
      owned.lagRecords = Number(markers.offsetLag)
      owned.sink.reached(to)
    }
    if (Number(markers.firstOffset) <= from) advance()
    else {
      this.isGap(topic, partition, from, to).then(
        (gap) => (gap ? advance() : undefined),
        (cause: unknown) => this.options.logger.debug({ topic, partition, cause: messageOf(cause) }, 'Looking into a gap failed'),
      )
    }
  }

  private async isGap(topic: string, partition: number, from: number, to: number): Promise<boolean> {
    for await (const records of this.reader.read(topic, partition, from, to)) if (records.length > 0) return false
    return true
  }

  /**
   * Step 4. Nothing waits for it: a commit during a rebalance is retried for long. It fails in vain
   * or not at all; the next start asks the store anyway.
   */
  private commit(owned: Owned, nextOffset: number, storedThrough: number | undefined): void {
    owned.storedUpTo = nextOffset
    owned.toCommit = { offset: String(nextOffset), metadata: commitNote(storedThrough) }
    owned.committing ??= this.commitNewest(owned).finally(() => {
      owned.committing = undefined
    })
  }

  private async commitNewest(owned: Owned): Promise<void> {
    const { topic, partition } = owned
    while (owned.toCommit !== undefined && this.owned.get(keyOf(topic.name, partition)) === owned) {
      const { offset, metadata } = owned.toCommit
      owned.toCommit = undefined
      try {
        await this.consumer.commitOffsets([{ topic: topic.name, partition, offset, metadata }])
      } catch (thrown) {
        this.options.logger.debug({ topic: topic.name, partition, cause: messageOf(thrown) }, 'Offset not committed')
      }
    }
  }

  private fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown))
    this.options.logger.error({ group: this.options.groupId, err: error }, 'Sink gives up')
    this.reject(error)
  }
}

const isFromGroup = (thrown: unknown): boolean => thrown instanceof Error && thrown.name.startsWith('KafkaJS')

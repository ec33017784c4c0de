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
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { createGroupConsumer, runJoined, whileBeating } from '../../streams/group-consumer.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { REAL_TIMERS, type Timers } from '../../streams/timers.ts'
import type { AnyTopic } from '../../streams/topics.ts'
import { LagWatch } from '../runtime/lag-watch.ts'
import { OwnedPartition } from './owned-partition.ts'
import type { PartitionEvents, PartitionSink } from './partition-sink.ts'
import type { SinkMetrics } from './sink-metrics.ts'

export interface SinkGroupOptions {
  readonly groupId: string
  /** For messages: what to empty or connect anew. */
  readonly storeName: string
  readonly config: Pick<Config, 'kafkaBrokers' | 'sessionTimeoutMs'>
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly metrics: SinkMetrics
  readonly topics: readonly AnyTopic[]
  readonly open: (topic: AnyTopic, partition: number, events: PartitionEvents) => PartitionSink
  /** Unset: one of its own. */
  readonly reader?: PartitionReader
  readonly timers?: Timers
}

/** Per fetch and partition: about 4,000 vectors. */
const FETCH_BYTES_PER_PARTITION = 4 * 1024 * 1024
const PAUSE_AFTER_FAILURE_MS = 1_000
/** At a stop, how long the last blocks and commits may take; what is left is read again. */
const FINISH_MS = 15_000

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

export class SinkGroup {
  /** Never resolves; rejects when the sink cannot go on. */
  readonly failed: Promise<never>
  private readonly options: SinkGroupOptions
  private readonly consumer: Consumer
  private readonly admin: Admin
  private readonly reader: PartitionReader
  private readonly lags: LagWatch
  private owned = new Map<string, OwnedPartition>()
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
    this.reader = options.reader ?? new PartitionReader(config, `${groupId}-offsets`, logger)
    this.consumer = createGroupConsumer(kafka, config, {
      groupId,
      bytesPerPartition: FETCH_BYTES_PER_PARTITION,
    })
    this.lags = new LagWatch({
      reader: this.reader,
      codecs: options.codecs,
      logger,
      watched: () => [...this.owned.values()].flatMap((owned) => owned.watched ?? []),
      report: (lags) => options.metrics.lags(lags),
    })
  }

  /** Resolves when the group is joined. */
  async start(): Promise<void> {
    const { topics, config, groupId } = this.options
    await Promise.all([this.admin.connect(), this.reader.connect(), this.consumer.connect()])
    for (const topic of topics)
      await this.consumer.subscribe({ topic: topic.name, fromBeginning: true })
    const { GROUP_JOIN, END_BATCH_PROCESS, CRASH } = this.consumer.events
    this.consumer.on(GROUP_JOIN, ({ payload }) => this.assign(payload.memberAssignment))
    this.consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0)
        this.owned.get(keyOf(payload.topic, payload.partition))?.skipMarkers(payload)
    })
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.fail(payload.error)
    })
    await runJoined(this.consumer, config, {
      groupId,
      failed: this.failed,
      eachBatch: (payload) =>
        whileBeating(payload, config, this.options.logger, () => this.eachBatch(payload)),
    })
    this.lags.start()
  }

  /** Writes what is held, leaves the group, closes the connections. */
  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    await this.lags.stop()
    const finished = Promise.all([...this.owned.values()].map((owned) => owned.finish()))
    await Promise.race([finished, delay(FINISH_MS, undefined, { ref: false })])
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
    const dropped = new Map([...this.owned].map(([key, owned]) => [key, owned.drop()]))
    this.owned = new Map()
    for (const topic of this.options.topics) {
      for (const partition of assignment[topic.name] ?? []) {
        this.own(topic, partition, dropped.get(keyOf(topic.name, partition)))
      }
    }
  }

  private own(
    topic: AnyTopic,
    partition: number,
    previous: Promise<void> = Promise.resolve(),
  ): void {
    const { groupId, storeName, logger } = this.options
    const { consumer, admin, reader } = this
    const sink = this.options.open(topic, partition, {
      stored: (nextOffset, storedThrough) => owned.commit(nextOffset, storedThrough),
      lost: () => {
        if (!owned.isClosed && !this.stopping) this.own(topic, partition, owned.drop())
      },
      failed: (error) => {
        if (!owned.isClosed) this.fail(error)
      },
    })
    const owned = new OwnedPartition(
      { groupId, storeName, topic, partition, consumer, admin, reader, logger },
      sink,
    )
    this.owned.set(keyOf(topic.name, partition), owned)
    owned.open(previous).catch((thrown: unknown) => {
      if (!owned.isClosed && !this.stopping) this.fail(thrown)
    })
  }

  /** Step 3. */
  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch
    const owned = this.owned.get(keyOf(topic, partition))
    if (owned === undefined || this.stopping) return
    try {
      await owned.opened
      await owned.handOver(payload)
    } catch (thrown) {
      // From the group: kafkajs rejoins, and what was not resolved comes again to whoever owns it.
      if (isFromGroup(thrown)) throw thrown
      if (owned.isClosed || this.stopping) return
      this.fail(thrown)
      // Unresolved, so nothing is skipped; the owner ends the process meanwhile.
      await (this.options.timers ?? REAL_TIMERS).pause(PAUSE_AFTER_FAILURE_MS, undefined)
    }
  }

  private fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown))
    this.options.logger.error({ group: this.options.groupId, err: error }, 'Sink gives up')
    this.reject(error)
  }
}

const isFromGroup = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.name.startsWith('KafkaJS')

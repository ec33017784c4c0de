/**
 * Reads partitions from a given offset, read_committed, without a consumer group: for restoring
 * state, bounded reads of history, and followers that need every partition.
 *
 * A position moves past control records and aborted records too, so a bounded read ends exactly at
 * the end offset it was given even when the log ends in a commit marker.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from './config.ts'
import { CandlewireError, messageOf } from './errors.ts'
import {
  BatchClass,
  ClusterClass,
  CONSUMER_REPLICA_ID,
  createKafkajsLogger,
  defaultSocketFactory,
  EARLIEST,
  LATEST,
  READ_COMMITTED,
  READ_UNCOMMITTED,
  type Batch,
  type Cluster,
  type PartitionData,
} from './kafkajs-internals.ts'
import type { Logger } from './log.ts'

/** A record as it lies in the log. */
export interface RawRecord {
  readonly partition: number
  readonly offset: number
  /** Broker or producer timestamp, ms. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** Largest answer of one fetch in bytes: about 8,000 feature vectors; a larger single batch still comes. */
const FETCH_BYTES = 8 * 1024 * 1024
/** How long the broker holds a fetch that has nothing to answer. */
const FETCH_WAIT_MS = 250
/** A bounded read gives up after this long without any progress. */
const STALL_MS = 60_000
const RETRY_MS = 200

const WARN_LEVEL = 2

export class PartitionReader {
  private readonly config: Pick<Config, 'kafkaBrokers'>
  private readonly clientId: string
  private readonly logger: Logger
  private readonly cluster: Cluster

  constructor(config: Pick<Config, 'kafkaBrokers'>, clientId: string, logger: Logger) {
    this.config = config
    this.clientId = clientId
    this.logger = logger
    this.cluster = this.newCluster()
  }

  async connect(): Promise<void> {
    await this.cluster.connect()
  }

  async disconnect(): Promise<void> {
    await this.cluster.disconnect()
  }

  /** Partition numbers of a topic, ascending. @throws CandlewireError NOT_FOUND */
  async partitions(topic: string): Promise<number[]> {
    await this.cluster.addTargetTopic(topic)
    const ids = this.cluster.findTopicPartitionMetadata(topic).map((entry) => entry.partitionId)
    if (ids.length === 0) throw new CandlewireError('NOT_FOUND', `Kafka has no topic ${topic}`)
    return ids.sort((a, b) => a - b)
  }

  /** The last stable offset: everything before it is decided (committed or aborted). */
  endOffset(topic: string, partition: number): Promise<number> {
    return this.listOffset(topic, partition, LATEST, READ_COMMITTED)
  }

  /** The end of the log, decided or not. Above {@link endOffset} while a transaction is open or lacks its marker. */
  highWatermark(topic: string, partition: number): Promise<number> {
    return this.listOffset(topic, partition, LATEST, READ_UNCOMMITTED)
  }

  /** First offset that is still in the log. */
  beginningOffset(topic: string, partition: number): Promise<number> {
    return this.listOffset(topic, partition, EARLIEST, READ_COMMITTED)
  }

  /**
   * Committed records from `from` (inclusive) to `to` (exclusive), in batches.
   * @throws CandlewireError OFFSET_OUT_OF_RANGE, or BROKER_FAILED after 60 s without progress.
   */
  async *read(
    topic: string,
    partition: number,
    from: number,
    to: number,
  ): AsyncGenerator<RawRecord[]> {
    let position = from
    let deadline = Date.now() + STALL_MS
    await this.cluster.addTargetTopic(topic)
    while (position < to) {
      const fetched = await this.fetchOrRetry(this.cluster, topic, partition, position)
      if (fetched !== undefined && fetched.next > position) {
        position = fetched.next
        deadline = Date.now() + STALL_MS
        const records = fetched.records.filter((record) => record.offset < to)
        if (records.length > 0) yield records
      } else if (Date.now() > deadline) {
        throw new CandlewireError(
          'BROKER_FAILED',
          `${topic}/${partition}: no progress at offset ${position} for ${STALL_MS / 1000} s (end ${to})`,
        )
      }
    }
  }

  /**
   * Committed records from `from` on, for ever, until the signal aborts. Uses a connection of its
   * own: a broker answers the requests of one connection in order, and this one mostly waits.
   */
  async *follow(
    topic: string,
    partition: number,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<RawRecord[]> {
    const cluster = this.newCluster()
    try {
      await this.connectPatiently(cluster, topic, signal)
      let position = from
      while (!signal.aborted) {
        const fetched = await this.fetchOrRetry(cluster, topic, partition, position)
        if (fetched === undefined) continue
        position = fetched.next
        if (fetched.records.length > 0) yield fetched.records
      }
    } finally {
      await cluster.disconnect()
    }
  }

  private async connectPatiently(
    cluster: Cluster,
    topic: string,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        await cluster.connect()
        await cluster.addTargetTopic(topic)
        return
      } catch (thrown) {
        this.logger.warn(
          { topic, cause: messageOf(thrown) },
          'Following a topic waits for the broker',
        )
        await delay(RETRY_MS * 5)
      }
    }
  }

  private async fetchOrRetry(cluster: Cluster, topic: string, partition: number, position: number) {
    try {
      return await this.fetch(cluster, topic, partition, position)
    } catch (thrown) {
      const type = (thrown as { type?: string }).type
      if (type === 'OFFSET_OUT_OF_RANGE') {
        throw new CandlewireError(
          'OFFSET_OUT_OF_RANGE',
          `${topic}/${partition}: offset ${position} is not in the log`,
          { cause: thrown },
        )
      }
      this.logger.debug(
        { topic, partition, position, cause: messageOf(thrown) },
        'Fetch failed and is tried again',
      )
      await delay(RETRY_MS)
      await cluster.refreshMetadata().catch((cause: unknown) => {
        this.logger.debug(
          { cause: messageOf(cause) },
          'Refreshing metadata failed and is tried again',
        )
      })
      return undefined
    }
  }

  private async fetch(cluster: Cluster, topic: string, partition: number, position: number) {
    const broker = await this.leaderOf(cluster, topic, partition)
    const { responses } = await broker.fetch({
      replicaId: CONSUMER_REPLICA_ID,
      isolationLevel: READ_COMMITTED,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [
        {
          topic,
          partitions: [{ partition, fetchOffset: String(position), maxBytes: FETCH_BYTES }],
        },
      ],
    })
    const data = responses[0]?.partitions[0]
    if (data === undefined)
      throw new CandlewireError('BROKER_FAILED', `${topic}/${partition}: empty fetch response`)
    const batch = new BatchClass(topic, String(position), data)
    const next = nextPosition(position, data, batch)
    const records: RawRecord[] = batch.messages.map((message) => ({
      partition,
      offset: Number(message.offset),
      timestampMs: Number(message.timestamp),
      key: message.key,
      value: message.value,
    }))
    return { records, next }
  }

  private async listOffset(
    topic: string,
    partition: number,
    timestamp: number,
    isolationLevel: number,
  ): Promise<number> {
    await this.cluster.addTargetTopic(topic)
    const broker = await this.leaderOf(this.cluster, topic, partition)
    const topics = [{ topic, partitions: [{ partition, timestamp }] }]
    const { responses } = await broker.listOffsets({
      replicaId: CONSUMER_REPLICA_ID,
      isolationLevel,
      topics,
    })
    const offset = responses[0]?.partitions[0]?.offset
    if (offset === undefined)
      throw new CandlewireError('NOT_FOUND', `Kafka has no partition ${topic}/${partition}`)
    return Number(offset)
  }

  private leaderOf(cluster: Cluster, topic: string, partition: number) {
    const leader = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0]
    if (leader === undefined)
      throw new CandlewireError('BROKER_FAILED', `${topic}/${partition} has no leader`)
    return cluster.findBroker({ nodeId: leader })
  }

  private newCluster(): Cluster {
    const logCreator = () => (entry: { log: { message: string } }) => {
      const { message, ...fields } = entry.log
      this.logger.debug({ kafka: fields }, message)
    }
    return new ClusterClass({
      logger: createKafkajsLogger({ level: WARN_LEVEL, logCreator }),
      socketFactory: defaultSocketFactory(),
      brokers: this.config.kafkaBrokers.split(',').map((broker) => broker.trim()),
      clientId: this.clientId,
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      retry: { initialRetryTime: 100, retries: 10 },
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: READ_COMMITTED,
    })
  }
}

/**
 * Where the next fetch starts. Compaction leaves batches whose records are gone: one that ended
 * before the position is stepped over one offset at a time (its end is not visible here), and an
 * answer of nothing but emptied batches below the last stable offset reaches to that offset, since
 * 8 MiB hold more than 100,000 of them.
 */
function nextPosition(position: number, data: PartitionData, batch: Batch): number {
  const last = batch.messagesWithinOffset.at(-1)
  if (last !== undefined) return Number(last.offset) + 1
  if (data.messages.length > 0) return position + 1
  return Math.max(position, Number(data.lastStableOffset))
}

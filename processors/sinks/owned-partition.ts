/**
 * A partition a sink owns in this generation of its group: where it starts, what is handed over, what
 * is committed. A rebalance closes it; the next owner, maybe this process again, starts from the store.
 */
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { AnyTopic } from '../../streams/topics.ts'
import type { WatchedPartition } from '../runtime/lag-watch.ts'
import type { PartitionSink } from './partition-sink.ts'
import { commitNote, commitOf, startOffset } from './start-offset.ts'

export interface OwnedPartitionOptions {
  readonly groupId: string
  readonly storeName: string
  readonly topic: AnyTopic
  readonly partition: number
  readonly consumer: Consumer
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly logger: Logger
}

/** Batch of nothing but transaction markers, as kafkajs reports it. */
export interface MarkerBatch {
  readonly firstOffset: string
  readonly lastOffset: string
  readonly offsetLag: string
}

const CHUNK_RECORDS = 500

export class OwnedPartition {
  readonly sink: PartitionSink
  /** Next offset below which everything is stored. */
  storedUpTo = 0
  /** Records not handed over yet, as of the last fetch. */
  lagRecords = 0
  opened: Promise<void> = Promise.resolve()
  private readonly options: OwnedPartitionOptions
  private closed = false
  /** False once closing has begun: what a sink refused then must not count as handed over. */
  private taking = true
  /** What lies before was handed over or is in the store; undefined until opened. */
  private next: number | undefined
  private toCommit: { readonly offset: string; readonly metadata: string } | undefined
  private committing: Promise<void> | undefined

  constructor(options: OwnedPartitionOptions, sink: PartitionSink) {
    this.options = options
    this.sink = sink
  }

  get isClosed(): boolean {
    return this.closed
  }

  /** Where it stands, for the lag; undefined until opened. */
  get watched(): WatchedPartition | undefined {
    if (this.next === undefined || this.closed) return undefined
    const { topic, partition } = this.options
    const processedEventTimeMs = this.sink.eventTimeMs
    return { topic, partition, position: this.storedUpTo, processedEventTimeMs }
  }

  /** Asks the store where to start and sends the consumer there. @param previous is waited for. */
  open(previous: Promise<void>): Promise<void> {
    this.opened = previous.then(async () => {
      const start = await this.start()
      if (this.closed) return
      const { consumer, topic, partition } = this.options
      this.next = start
      this.storedUpTo = start
      consumer.seek({ topic: topic.name, partition, offset: String(start) })
      this.sink.reached(start)
    })
    return this.opened
  }

  /** Nothing is taken over, stored or committed any more. Resolves when nothing is on its way. */
  drop(): Promise<void> {
    this.taking = false
    this.closed = true
    return this.sink.close('drop')
  }

  /** Stores and commits what is held, as long as that takes seconds. */
  async finish(): Promise<void> {
    this.taking = false
    await this.sink.close('store')
    await this.committing
    this.closed = true
  }

  /** A batch from before the seek of `open` is stale and is not taken. */
  async handOver(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    await this.requireNoGapBefore(Number(batch.firstOffset() ?? batch.lastOffset()))
    for (let from = 0; from < batch.messages.length; from += CHUNK_RECORDS) {
      if (!this.taking || !payload.isRunning() || payload.isStale()) return
      const messages = batch.messages.slice(from, from + CHUNK_RECORDS)
      await this.sink.write(
        messages.map((message) => ({
          partition: batch.partition,
          offset: Number(message.offset),
          timestampMs: Number(message.timestamp),
          key: message.key,
          value: message.value,
        })),
      )
      if (!this.isTaking()) return
      payload.resolveOffset(String(messages.at(-1)?.offset))
      await payload.heartbeat()
    }
    payload.resolveOffset(batch.lastOffset())
    this.advance(Number(batch.lastOffset()) + 1, Number(batch.offsetLag()))
  }

  /**
   * A batch of nothing but transaction markers is seen by no handler. Without it a sink would stand
   * one record before the end for ever. One that does not continue from our position was fetched
   * before the seek of `open`, or lies behind a gap that compaction left: the log tells which.
   */
  skipMarkers({ firstOffset, lastOffset, offsetLag }: MarkerBatch): void {
    const from = this.next
    const to = Number(lastOffset) + 1
    if (from === undefined || to <= from) return
    if (Number(firstOffset) <= from) {
      this.advance(to, Number(offsetLag))
      return
    }
    const { topic, partition, logger } = this.options
    this.isGap(from, to).then(
      (gap) => {
        if (gap && this.next === from) this.advance(to, Number(offsetLag))
      },
      (cause: unknown) =>
        logger.debug(
          { topic: topic.name, partition, cause: messageOf(cause) },
          'Looking into a gap failed',
        ),
    )
  }

  /**
   * Nothing waits for the commit: during a rebalance it is retried for long. It may fail; the next
   * start asks the store anyway.
   */
  commit(nextOffset: number, storedThrough: number | undefined): void {
    this.storedUpTo = nextOffset
    this.toCommit = { offset: String(nextOffset), metadata: commitNote(storedThrough) }
    this.committing ??= this.commitNewest().finally(() => {
      this.committing = undefined
    })
  }

  /**
   * A client whose position fell off retention goes on at the beginning of the log and says nothing. So
   * where a batch does not follow on, the log is asked; markers and aborted records leave gaps, too.
   * @throws CandlewireError OFFSET_OUT_OF_RANGE
   */
  private async requireNoGapBefore(firstOffset: number): Promise<void> {
    const { next } = this
    if (next === undefined || firstOffset <= next) return
    const { storeName, topic, partition, reader } = this.options
    const beginning = await reader.beginningOffset(topic.name, partition)
    if (beginning <= next) return
    throw new CandlewireError(
      'OFFSET_OUT_OF_RANGE',
      `${storeName} was given ${topic.name}/${partition} up to offset ${next - 1}, but the log begins at ${beginning}: retention removed what lies between. Restore the topic, or empty ${storeName} to accept the gap`,
    )
  }

  /** A method, because it changes while something is awaited. */
  private isTaking(): boolean {
    return this.taking
  }

  private advance(next: number, lagRecords: number): void {
    if (!this.taking) return
    this.next = next
    this.lagRecords = lagRecords
    this.sink.reached(next)
  }

  private async start(): Promise<number> {
    const { groupId, storeName, topic, partition, admin, reader, logger } = this.options
    const storedThrough = await this.sink.storedThrough()
    const [offsets, beginning, end] = await Promise.all([
      admin.fetchOffsets({ groupId, topics: [topic.name] }),
      reader.beginningOffset(topic.name, partition),
      reader.endOffset(topic.name, partition),
    ])
    const committed = offsets[0]?.partitions.find((entry) => entry.partition === partition)
    const commit = commitOf(committed?.offset, committed?.metadata)
    const start = startOffset({
      where: `${topic.name}/${partition}`,
      store: storeName,
      storedThrough,
      commit,
      beginning,
      end,
    })
    logger.debug({ topic: topic.name, partition, storedThrough, start, end }, 'Partition opened')
    return start
  }

  private async isGap(from: number, to: number): Promise<boolean> {
    const { reader, topic, partition } = this.options
    for await (const records of reader.read(topic.name, partition, from, to))
      if (records.length > 0) return false
    return true
  }

  private async commitNewest(): Promise<void> {
    const { consumer, topic, partition, logger } = this.options
    while (this.toCommit !== undefined && !this.closed) {
      const commit = this.toCommit
      this.toCommit = undefined
      try {
        await consumer.commitOffsets([{ topic: topic.name, partition, ...commit }])
      } catch (thrown) {
        logger.debug(
          { topic: topic.name, partition, cause: messageOf(thrown) },
          'Offset not committed',
        )
      }
    }
  }
}

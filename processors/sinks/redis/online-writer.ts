/**
 * One partition of one topic on its way into the online store: takes records, keeps the newest per
 * key, writes them together with the position.
 */
import type { Redis } from 'ioredis'
import type { TopicCodec } from '../../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import type { Logger } from '../../../streams/log.ts'
import type { RawRecord } from '../../../streams/partition-reader.ts'
import { REAL_TIMERS, type Timers } from '../../../streams/timers.ts'
import type { AnyTopic } from '../../../streams/topics.ts'
import { withRetry } from '../retry.ts'
import type { SinkDeadLetters } from '../sink-dead-letters.ts'
import type { PartitionEvents, PartitionSink } from '../partition-sink.ts'
import type { SinkMetrics } from '../sink-metrics.ts'
import { positionKey } from './keys.ts'
import { NewestWrites, RECENT_ARTICLES, type OnlineMapping } from './online-records.ts'
import { storeBatch } from './store-batch.ts'

/** How long an emptied Redis goes unnoticed where no record comes: one GET a partition. */
const LOOK_EVERY_MS = 5_000

export interface OnlineCounts {
  /** Records read. */
  records: number
  /** Hashes that were newer than what stood. */
  written: number
  /** Commands that failed and were repeated. */
  retries: number
  /** Times Redis was found emptied while the sink ran. */
  rebuilds: number
}

export interface OnlineWriterOptions {
  readonly redis: Redis
  readonly groupId: string
  readonly topic: AnyTopic
  readonly partition: number
  readonly mapping: OnlineMapping
  readonly codec: TopicCodec<unknown>
  readonly deadLetters: SinkDeadLetters
  readonly events: PartitionEvents
  readonly counts: OnlineCounts
  readonly metrics: SinkMetrics
  readonly logger: Logger
  readonly timers?: Timers | undefined
}

export class OnlineWriter implements PartitionSink {
  eventTimeMs: number | undefined
  private readonly options: OnlineWriterOptions
  private readonly timers: Timers
  private readonly closing = new AbortController()
  private readonly key: string
  private readonly newest = new NewestWrites()
  private next = 0
  /** Records taken since the last write. */
  private taken = 0
  private storedNext: number | undefined
  /** Writes happen one after the other; this is the end of the queue of at most two. */
  private writing: Promise<void> = Promise.resolve()
  private stopLooking: (() => void) | undefined
  private isLookDue = false

  constructor(options: OnlineWriterOptions) {
    this.options = options
    this.timers = options.timers ?? REAL_TIMERS
    this.key = positionKey(options.groupId, options.topic.name, options.partition)
  }

  async storedThrough(): Promise<number | undefined> {
    const text = await this.position()
    this.storedNext = text === null ? undefined : Number(text)
    if (!this.closing.signal.aborted)
      this.stopLooking ??= this.timers.every(LOOK_EVERY_MS, () => this.lookAgain())
    return this.storedNext === undefined || this.storedNext === 0 ? undefined : this.storedNext - 1
  }

  async write(records: readonly RawRecord[]): Promise<void> {
    for (const record of records) {
      if (record.offset < this.next) continue
      await this.take(record)
      // Closed meanwhile: the record may be neither taken nor among the dead letters.
      if (this.closing.signal.aborted) return
      this.next = record.offset + 1
    }
    await this.store()
  }

  reached(offset: number): void {
    if (this.closing.signal.aborted || (offset <= this.next && this.storedNext === this.next))
      return
    this.next = Math.max(this.next, offset)
    this.store().catch((thrown: unknown) => this.options.events.failed(thrown))
  }

  async close(): Promise<void> {
    this.closing.abort()
    this.stopLooking?.()
    await this.writing
  }

  /** Between two writes, whether Redis still has what was written; at most one look waits. */
  private lookAgain(): void {
    if (this.isLookDue || this.closing.signal.aborted) return
    this.isLookDue = true
    this.writing = this.writing
      .then(async () => {
        this.isLookDue = false
        if (!this.closing.signal.aborted) await this.look()
      })
      .catch((thrown: unknown) => {
        if (!this.closing.signal.aborted) this.options.events.failed(thrown)
      })
  }

  private async take(record: RawRecord): Promise<void> {
    if (record.value === null) return
    const { codec, mapping, counts } = this.options
    counts.records += 1
    let value: unknown
    try {
      if (!codec.knows(record.value)) await this.prepare(record.value)
      value = codec.decode(record.value)
    } catch (thrown) {
      if (this.closing.signal.aborted) return
      const error =
        thrown instanceof CandlewireError
          ? thrown
          : new CandlewireError('RECORD_UNDECODABLE', messageOf(thrown), { cause: thrown })
      const { deadLetters, topic } = this.options
      await this.patiently('sending a dead letter', () =>
        deadLetters.send(topic.name, record, error),
      )
      this.options.metrics.deadLettered()
      return
    }
    this.taken += 1
    this.eventTimeMs = this.options.topic.eventTimeMsOf(value)
    this.newest.add(mapping(value, record))
  }

  private prepare(value: Buffer): Promise<void> {
    const { codec, logger } = this.options
    const retryable = (thrown: unknown) => thrown instanceof CandlewireError && thrown.retryable
    return withRetry(
      {
        what: 'fetching a writer schema',
        logger,
        signal: this.closing.signal,
        retryable,
        timers: this.timers,
      },
      () => codec.prepare(value),
    )
  }

  /** Data and position together: a position never claims what is not there. */
  private store(): Promise<void> {
    const run = this.writing.then(async () => {
      if (this.closing.signal.aborted) return
      const writes = this.newest.take()
      const next = this.next
      const taken = this.taken
      this.taken = 0
      const started = performance.now()
      const position = { key: this.key, before: this.storedNext, after: next }
      const { counts, events, metrics, topic, redis } = this.options
      const written = await this.patiently('writing to Redis', () =>
        storeBatch(redis, { ...writes, recentMax: RECENT_ARTICLES, position }),
      )
      if (written === undefined) {
        await this.standsElsewhere()
        return
      }
      metrics.wrote(topic.name, taken, (performance.now() - started) / 1_000)
      counts.written += written
      this.storedNext = next
      events.stored(next, next === 0 ? undefined : next - 1)
    })
    this.writing = run.catch(() => undefined)
    return run.catch((thrown: unknown) => {
      if (!this.closing.signal.aborted) throw thrown
    })
  }

  private async look(): Promise<void> {
    if (this.storedNext !== undefined && (await this.position()) === null)
      await this.standsElsewhere()
  }

  private position(): Promise<string | null> {
    return this.patiently('finding the position in Redis', () => this.options.redis.get(this.key))
  }

  /** It was emptied, or somebody else has written meanwhile: what Redis lacks is read again. */
  private async standsElsewhere(): Promise<void> {
    const { counts, logger, metrics, topic, partition, events } = this.options
    const place = { topic: topic.name, partition }
    if ((await this.position()) === null) {
      counts.rebuilds += 1
      metrics.rebuilt()
      logger.warn(place, 'Redis was emptied; it is filled again from the log')
    } else {
      logger.info(place, 'Another process has written to Redis; going on from where it stands')
    }
    // Not now: the caller is part of what `lost` waits for.
    setImmediate(() => events.lost())
    this.closing.abort()
    this.stopLooking?.()
  }

  private patiently<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { logger, counts, metrics } = this.options
    const onRetry = () => {
      metrics.retried()
      counts.retries += 1
    }
    return withRetry(
      {
        what,
        logger,
        signal: this.closing.signal,
        retryable: () => true,
        onRetry,
        timers: this.timers,
      },
      attempt,
    )
  }
}

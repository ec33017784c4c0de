/**
 * One partition of one topic on its way into one table.
 *
 * Exactly once: an insert is one block of this one partition in offset order, stored whole or not at
 * all, and the partition is read on from the newest offset the table holds. So a crash at any moment
 * leaves either everything of a block or nothing, and the next start continues right behind it:
 * `SELECT count()` is exact without FINAL.
 *   - An insert whose answer was lost is repeated with the same deduplication token, which the
 *     server ignores if the first one arrived.
 *   - A stalled process that still writes after another took its partition over can repeat rows. They
 *     have the same key and version, so the table collapses them; until it merges, FINAL does.
 *
 * While one block is on its way the next is filled; when that is full too, `write` waits.
 */
import { randomUUID } from 'node:crypto'
import type { TopicCodec } from '../../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import type { Logger } from '../../../streams/log.ts'
import type { RawRecord } from '../../../streams/partition-reader.ts'
import { REAL_TIMERS, type Timers } from '../../../streams/timers.ts'
import { withRetry } from '../retry.ts'
import type { SinkDeadLetters } from '../sink-dead-letters.ts'
import type { PartitionEvents, PartitionSink } from '../partition-sink.ts'
import type { SinkMetrics } from '../sink-metrics.ts'
import { isTransient, type ClickHouse } from './client.ts'
import { RowBuffer } from './row-binary.ts'
import type { RowEncoder } from './row-encoder.ts'

/** Bounds of a block; two blocks a partition is the most that is held. */
const BLOCK_ROWS_MAX = 20_000
const BLOCK_BYTES_MAX = 8 * 1024 * 1024
/** How long a row waits for company: at most 4 inserts a second and partition, as ClickHouse likes it. */
const BLOCK_WAIT_MS = 250
/** At a stop, how long the last block may take; what is not stored is read again at the next start. */
const CLOSE_WAIT_MS = 10_000

export interface TableCounts {
  rows: number
  inserts: number
  retries: number
}

export interface TableWriterOptions {
  readonly store: Pick<ClickHouse, 'query' | 'insertBinary'>
  readonly encoder: RowEncoder
  readonly codec: TopicCodec<unknown>
  readonly partition: number
  readonly deadLetters: SinkDeadLetters
  readonly events: PartitionEvents
  readonly counts: TableCounts
  readonly metrics: SinkMetrics
  readonly logger: Logger
  readonly timers?: Timers | undefined
}

interface Block {
  readonly rows: RowBuffer
  count: number
  firstOffset: number
  lastOffset: number
}

const emptyBlock = (): Block => ({
  rows: new RowBuffer(),
  count: 0,
  firstOffset: -1,
  lastOffset: -1,
})

export class TableWriter implements PartitionSink {
  eventTimeMs: number | undefined
  private readonly options: TableWriterOptions
  private readonly timers: Timers
  private readonly closing = new AbortController()
  /** A new one for every writer: a table that was emptied must not refuse the same offsets again. */
  private readonly writerId = randomUUID()
  private filling = emptyBlock()
  private spare: Block | undefined = emptyBlock()
  private inFlight: Promise<void> | undefined
  private cancelWait: (() => void) | undefined
  /** Next offset to take. */
  private next = 0
  private reportedNext = 0
  private newestStored: number | undefined
  private broken: unknown
  private closed = false

  constructor(options: TableWriterOptions) {
    this.options = options
    this.timers = options.timers ?? REAL_TIMERS
  }

  async storedThrough(): Promise<number | undefined> {
    const { store, encoder, partition } = this.options
    const sql = `SELECT count() AS rows, max(source_offset) AS newest FROM ${encoder.table} WHERE source_partition = {partition:Int32}`
    const [answer] = await this.patiently('finding the newest stored offset', () =>
      store.query<{ rows: number; newest: number }>(sql, { partition }),
    )
    this.newestStored =
      answer === undefined || Number(answer.rows) === 0 ? undefined : Number(answer.newest)
    return this.newestStored
  }

  async write(records: readonly RawRecord[]): Promise<void> {
    for (const record of records) {
      if (record.offset < this.next) continue
      while (this.isFull() && !this.isClosed()) {
        if (this.inFlight === undefined) this.send()
        else await this.inFlight
        if (this.broken !== undefined) throw this.broken as Error
      }
      if (!this.isClosed()) await this.append(record)
      // Closed meanwhile: the record may be neither in the block nor among the dead letters.
      if (this.isClosed()) return
      this.next = record.offset + 1
    }
    this.wait()
  }

  reached(offset: number): void {
    if (this.closed) return
    this.next = Math.max(this.next, offset)
    this.wait()
  }

  async close(rest: 'store' | 'drop'): Promise<void> {
    this.closed = true
    this.cancelWait?.()
    if (rest === 'drop') this.closing.abort()
    const cancelDeadline = this.timers.once(CLOSE_WAIT_MS, () => this.closing.abort())
    try {
      await this.inFlight
      if (rest === 'store' && !this.closing.signal.aborted && this.broken === undefined) {
        this.send()
        await this.inFlight
      }
    } finally {
      cancelDeadline()
    }
  }

  /** A method, because it changes while something is awaited. */
  private isClosed(): boolean {
    return this.closed
  }

  private isFull(): boolean {
    return this.filling.count >= BLOCK_ROWS_MAX || this.filling.rows.byteLength >= BLOCK_BYTES_MAX
  }

  /**
   * Decodes and encodes one record. A tombstone has no row; what cannot be decoded is a dead letter.
   * A decoded value that does not fit its columns is a fault of ours and stops the sink.
   */
  private async append(record: RawRecord): Promise<void> {
    if (record.value === null) return
    const { codec, encoder } = this.options
    let value: unknown
    try {
      if (!codec.knows(record.value)) await this.prepare(record.value)
      value = codec.decode(record.value)
    } catch (thrown) {
      if (!this.closed) await this.deadLetter(record, thrown)
      return
    }
    const { rows } = this.filling
    const before = rows.byteLength
    try {
      encoder.append(rows, value, record)
    } catch (thrown) {
      // Half a row would shift everything behind it.
      rows.truncate(before)
      this.broken = thrown
      throw thrown
    }
    if (this.filling.count === 0) this.filling.firstOffset = record.offset
    this.filling.lastOffset = record.offset
    this.filling.count += 1
    this.eventTimeMs = codec.topic.eventTimeMsOf(value)
  }

  /** The registry may be away for a while; a schema it does not have is the record's fault. */
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

  private async deadLetter(record: RawRecord, thrown: unknown): Promise<void> {
    const { codec, deadLetters, logger } = this.options
    const error =
      thrown instanceof CandlewireError
        ? thrown
        : new CandlewireError('RECORD_UNDECODABLE', messageOf(thrown), { cause: thrown })
    logger.warn(
      {
        topic: codec.topic.name,
        partition: record.partition,
        offset: record.offset,
        cause: error.message,
      },
      'Record dead-lettered',
    )
    const always = () => true
    await withRetry(
      {
        what: 'sending a dead letter',
        logger,
        signal: this.closing.signal,
        retryable: always,
        timers: this.timers,
      },
      () => deadLetters.send(codec.topic.name, record, error),
    )
    this.options.metrics.deadLettered()
  }

  /** Sends what there is in a moment, unless something is on its way: that sends it when it is done. */
  private wait(): void {
    if (this.closed || this.inFlight !== undefined || this.cancelWait !== undefined) return
    if (this.filling.count === 0 && this.reportedNext >= this.next) return
    this.cancelWait = this.timers.once(BLOCK_WAIT_MS, () => this.send())
  }

  /** Starts the insert of the filled block. Never while another is on its way. */
  private send(): void {
    this.cancelWait?.()
    this.cancelWait = undefined
    const block = this.filling
    const next = this.next
    this.filling = this.spare ?? emptyBlock()
    this.spare = undefined
    this.inFlight = this.store(block, next)
      .catch((thrown: unknown) => {
        if (this.closing.signal.aborted) return
        this.broken = thrown
        this.options.events.failed(thrown)
      })
      .finally(() => {
        block.rows.truncate(0)
        block.count = 0
        this.spare = block
        this.inFlight = undefined
        if (this.broken === undefined) this.wait()
      })
  }

  private async store(block: Block, next: number): Promise<void> {
    const { events, counts, codec, metrics } = this.options
    if (block.count > 0) {
      const started = performance.now()
      await this.insert(block)
      metrics.wrote(codec.topic.name, block.count, (performance.now() - started) / 1_000)
      this.newestStored = block.lastOffset
      counts.rows += block.count
      counts.inserts += 1
    }
    this.reportedNext = next
    events.stored(next, this.newestStored)
  }

  private async insert(block: Block): Promise<void> {
    const { store, encoder, partition } = this.options
    const token = `${this.writerId}/${encoder.table}/${partition}/${block.firstOffset}-${block.lastOffset}`
    await this.patiently(`inserting into ${encoder.table}`, () =>
      store.insertBinary(encoder.insertSql, block.rows.view(), {
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        // One block whatever the server's defaults are, so that it is atomic.
        max_insert_block_size: String(BLOCK_ROWS_MAX * 2),
        min_insert_block_size_rows: String(BLOCK_ROWS_MAX * 2),
        min_insert_block_size_bytes: String(BLOCK_BYTES_MAX * 16),
      }),
    )
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
        retryable: isTransient,
        onRetry,
        timers: this.timers,
      },
      attempt,
    )
  }
}

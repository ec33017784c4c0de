/**
 * Runs a piece of work as a consumer group: the group only assigns partitions, everything that must
 * be exactly once happens in the {@link PartitionWorker} of each.
 *
 * A worker is opened at the first batch of its partition and dropped when the group rebalances or
 * anything fails: starting up is recovery. A failure is tried again with a growing wait; after
 * {@link FAILURES_MAX} in a row the runner gives up and `failed` rejects, so that the process ends
 * and its supervisor decides.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createGroupConsumer, runJoined, whileBeating } from '../../streams/group-consumer.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { MetricSet } from '../../streams/metrics/metric-set.ts'
import { PartitionReader, type RawRecord } from '../../streams/partition-reader.ts'
import { LagWatch } from './lag-watch.ts'
import { PartitionWorker } from './partition-worker.ts'
import { processorMetrics, type ProcessorMetrics } from './processor-metrics.ts'
import { groupIdOf, type Work } from './work.ts'
import { noWork, type WorkStats } from './work-stats.ts'

export interface RunningGroup {
  /** Ends the running transactions, leaves the group and closes every connection. */
  stop(): Promise<void>
  stats(): Readonly<GroupStats>
  /** Never resolves; rejects when the runner has given up. */
  readonly failed: Promise<never>
}

export interface GroupStats extends WorkStats {
  /** What the processor counts in the states of the partitions it owns, since the first record ever. */
  readonly counts: Readonly<Record<string, number>>
}

export interface GroupOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly work: Work
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
}

const FAILURES_MAX = 10
const RETRY_FIRST_MS = 200
const RETRY_MAX_MS = 5_000
/** Bytes fetched per partition: about 2,000 vectors or 15,000 candles held in memory at a time. */
const FETCH_BYTES_PER_PARTITION = 2 * 1024 * 1024

/** Starts the group. Resolves when it has joined its first generation. */
export async function runGroup(options: GroupOptions): Promise<RunningGroup> {
  const runner = new GroupRunner(options)
  await runner.start()
  return runner
}

class GroupRunner implements RunningGroup {
  readonly failed: Promise<never>
  private readonly options: GroupOptions
  private readonly work = noWork()
  /** What the states counted when the workers were dropped at the stop. */
  private lastCounts: Readonly<Record<string, number>> | undefined
  private readonly workers = new Map<number, PartitionWorker>()
  private readonly admin: Admin
  private readonly reader: PartitionReader
  private readonly consumer: Consumer
  private readonly metrics: ProcessorMetrics
  private readonly lags: LagWatch
  private failures = 0
  private stopping = false
  private fail: (reason: Error) => void = () => undefined

  constructor(options: GroupOptions) {
    this.options = options
    const { config, kafka, logger, work } = options
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    // A rejection nobody waits for yet must not end the process before its owner looks.
    this.failed.catch(() => undefined)
    this.admin = kafka.admin()
    this.reader = new PartitionReader(config, `${work.name}-restore`, logger)
    this.consumer = createGroupConsumer(kafka, config, {
      groupId: groupIdOf(work),
      bytesPerPartition: FETCH_BYTES_PER_PARTITION,
    })
    this.metrics = processorMetrics(options.metrics ?? new MetricSet(), work.name)
    this.lags = new LagWatch({
      reader: this.reader,
      codecs: options.codecs,
      logger,
      watched: () => this.watched(),
      report: (lags) =>
        this.metrics.lags(lags.filter(({ partition }) => this.workers.has(partition))),
    })
  }

  private watched() {
    const opened = [...this.workers].filter(([, { isAligned }]) => isAligned)
    return opened.map(([partition, { position, eventTimeMs }]) => ({
      topic: this.options.work.input,
      partition,
      position,
      processedEventTimeMs: eventTimeMs,
    }))
  }

  stats(): Readonly<GroupStats> {
    return { ...this.work, counts: this.lastCounts ?? this.counts() }
  }

  private counts(): Record<string, number> {
    const totals: Record<string, number> = {}
    for (const worker of this.workers.values()) {
      for (const [name, count] of Object.entries(worker.counts()))
        totals[name] = (totals[name] ?? 0) + count
    }
    return totals
  }

  async start(): Promise<void> {
    const { work, config, logger } = this.options
    await this.admin.connect()
    await this.reader.connect()
    await this.consumer.connect()
    await this.consumer.subscribe({ topic: work.input.name, fromBeginning: true })
    const { REBALANCING, CRASH } = this.consumer.events
    this.consumer.on(REBALANCING, () => void this.dropWorkers())
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.fail(payload.error)
    })
    await runJoined(this.consumer, config, {
      groupId: groupIdOf(work),
      failed: this.failed,
      eachBatch: (payload) => whileBeating(payload, config, logger, () => this.eachBatch(payload)),
    })
    this.lags.start()
  }

  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    await this.lags.stop()
    await this.consumer.disconnect()
    this.lastCounts = this.counts()
    await this.dropWorkers()
    await this.admin.disconnect()
    await this.reader.disconnect()
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { partition } = payload.batch
    try {
      // Opening fences; a member that was given up while it stalled must learn that first.
      if (!this.workers.has(partition)) await payload.heartbeat()
      const worker = await this.workerOf(partition)
      await this.processBatch(worker, payload)
      this.failures = 0
    } catch (thrown) {
      await this.recover(partition, thrown)
    }
  }

  private async processBatch(worker: PartitionWorker, payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const { partition } = batch
    if (payload.isStale() || !this.isAligned(worker, batch)) return
    await worker.requireNoGapBefore(fetchedOffsetOf(batch))
    const records = batch.messages.map((message): RawRecord => ({
      partition,
      offset: Number(message.offset),
      timestampMs: Number(message.timestamp),
      key: message.key,
      value: message.value,
    }))
    const step = worker.transactionRecordsMax
    for (let from = 0; from < records.length; from += step) {
      if (
        !payload.isRunning() ||
        payload.isStale() ||
        this.stopping ||
        this.workers.get(partition) !== worker
      )
        return
      const chunk = records.slice(from, from + step)
      await worker.process(chunk)
      payload.resolveOffset(String(chunk.at(-1)?.offset))
      await payload.heartbeat()
    }
    payload.resolveOffset(batch.lastOffset())
    worker.handedOverUpTo(Number(batch.lastOffset()) + 1)
  }

  /**
   * The group's position was taken before the previous owner was fenced, so the first batch may not
   * begin where the worker stands: then it is fetched again from there. Later batches follow on by
   * themselves; what lies between two of them (aborted records, markers) is shown to nobody.
   */
  private isAligned(worker: PartitionWorker, batch: EachBatchPayload['batch']): boolean {
    if (worker.isAligned) return true
    worker.isAligned = true
    if (fetchedOffsetOf(batch) === worker.position) return true
    this.consumer.seek({
      topic: batch.topic,
      partition: batch.partition,
      offset: String(worker.position),
    })
    return false
  }

  private async workerOf(partition: number): Promise<PartitionWorker> {
    const existing = this.workers.get(partition)
    if (existing !== undefined) return existing
    const { config, kafka, codecs, logger, work } = this.options
    const worker = new PartitionWorker(
      {
        config,
        kafka,
        codecs,
        logger,
        admin: this.admin,
        reader: this.reader,
        metrics: this.metrics,
      },
      work,
      partition,
      this.work,
    )
    this.workers.set(partition, worker)
    this.metrics.opened(this.workers.size)
    await worker.open()
    return worker
  }

  private async recover(partition: number, thrown: unknown): Promise<void> {
    const { logger, work } = this.options
    await this.dropWorker(partition)
    if (!this.stopping) this.metrics.failed(thrown)
    if (this.stopping || isRebalance(thrown)) return
    this.failures += 1
    const fatal = thrown instanceof CandlewireError && !thrown.retryable
    if (fatal || this.failures >= FAILURES_MAX) {
      const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown))
      logger.error({ processor: work.name, partition, err: error }, 'Processor gives up')
      this.fail(error)
      // Nothing more is processed: the owner ends the process, and the next start recovers.
      await delay(RETRY_MAX_MS)
      return
    }
    const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (this.failures - 1))
    logger.warn(
      { processor: work.name, partition, failures: this.failures, cause: messageOf(thrown), wait },
      'Batch failed; its state is dropped and it is tried again',
    )
    await delay(wait)
  }

  private async dropWorkers(): Promise<void> {
    await Promise.all([...this.workers.keys()].map((partition) => this.dropWorker(partition)))
  }

  private async dropWorker(partition: number): Promise<void> {
    const worker = this.workers.get(partition)
    if (worker === undefined) return
    this.workers.delete(partition)
    this.metrics.opened(this.workers.size)
    this.metrics.forget(partition)
    await worker.close().catch((cause: unknown) => {
      this.options.logger.debug({ partition, cause: messageOf(cause) }, 'Closing a worker failed')
    })
  }
}

/** Where the fetch began that brought a batch. */
const fetchedOffsetOf = (batch: EachBatchPayload['batch']): number =>
  Number((batch as { fetchedOffset?: string }).fetchedOffset ?? batch.firstOffset())

const isRebalance = (thrown: unknown): boolean =>
  ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'].includes(
    String((thrown as { type?: string }).type),
  )

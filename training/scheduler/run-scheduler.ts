/**
 * The scheduler as a service. A consumer group of the one partition of `training-requests.v1` decides
 * which of several processes works, so that a second one stands by instead of fencing the first; the
 * transactional id makes sure of it.
 */
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { createGroupConsumer, runJoined } from '../../streams/group-consumer.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { trainingRequestsTopic } from '../../streams/topics.ts'
import { executeRun } from '../runs/execute-run.ts'
import type { NativeLibraries } from '../worker/worker-messages.ts'
import { KafkaSchedulerStore } from './kafka-store.ts'
import { Scheduler, type Clock } from './scheduler.ts'
import { schedulerSettings } from './scheduler-settings.ts'

const GROUP = 'scheduler'
/** It is never really read: this only keeps its place in the group. */
const FETCH_BYTES = 64 * 1024
const RETRY_MS = 2_000

export interface SchedulerServiceOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** The native libraries, fetched at the first run. */
  readonly libraries: (signal: AbortSignal) => Promise<NativeLibraries>
}

export interface RunningScheduler {
  stop(): Promise<void>
  stats(): object
  readonly failed: Promise<never>
}

const CLOCK: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
}

/** Resolves when the group is joined. @throws CandlewireError CONFIG_INVALID, BROKER_FAILED */
export async function runScheduler(options: SchedulerServiceOptions): Promise<RunningScheduler> {
  const service = new SchedulerService(options)
  await service.start()
  return service
}

class SchedulerService implements RunningScheduler {
  readonly failed: Promise<never>
  private readonly options: SchedulerServiceOptions
  private readonly consumer: Consumer
  private readonly stopping = new AbortController()
  /** While this process has the partition. */
  private term: { abort: AbortController; ended: Promise<void> } | undefined
  private scheduler: Scheduler | undefined
  private fail: (reason: Error) => void = () => undefined

  constructor(options: SchedulerServiceOptions) {
    this.options = options
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    this.failed.catch(() => undefined)
    this.consumer = createGroupConsumer(options.kafka, options.config, {
      groupId: GROUP,
      bytesPerPartition: FETCH_BYTES,
    })
  }

  stats(): object {
    return { atWork: this.term?.abort.signal.aborted === false, ...this.scheduler?.stats() }
  }

  async start(): Promise<void> {
    const { config } = this.options
    schedulerSettings(config)
    const topic = trainingRequestsTopic.name
    await this.consumer.connect()
    await this.consumer.subscribe({ topic, fromBeginning: false })
    const { GROUP_JOIN, REBALANCING, CRASH } = this.consumer.events
    this.consumer.on(REBALANCING, () => this.endTerm())
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      this.endTerm()
      if ((payload.memberAssignment[topic] ?? []).length > 0) this.beginTerm()
    })
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.fail(payload.error)
    })
    await runJoined(this.consumer, config, {
      groupId: GROUP,
      failed: this.failed,
      // Read here is nothing: only the position moves on, in memory.
      eachBatch: (payload) => Promise.resolve(payload.resolveOffset(payload.batch.lastOffset())),
    })
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    this.endTerm()
    await this.term?.ended
    await this.consumer.disconnect()
  }

  private beginTerm(): void {
    const before = this.term?.ended ?? Promise.resolve()
    const abort = new AbortController()
    const ended = before.then(() => this.work(abort.signal))
    this.term = { abort, ended }
  }

  private endTerm(): void {
    this.term?.abort.abort()
  }

  /** Schedules until the term is over; a failure of the broker begins it anew. */
  private async work(signal: AbortSignal): Promise<void> {
    const { config, kafka, codecs, logger } = this.options
    while (!signal.aborted && !this.stopping.signal.aborted) {
      const reader = new PartitionReader(config, 'scheduler', logger)
      const producer = createProducer(kafka)
      try {
        await reader.connect()
        await producer.connect()
        const store = new KafkaSchedulerStore(kafka, reader, codecs, logger)
        this.scheduler = new Scheduler({
          store,
          clock: CLOCK,
          settings: schedulerSettings(config),
          runner: `${hostname()}:${process.pid}`,
          logger,
          execute: async (run, execution) => {
            const libraries = await this.options.libraries(execution.signal)
            const dependencies = { config, kafka, codecs, logger, libraries, producer }
            return executeRun(run, dependencies, execution)
          },
        })
        await this.scheduler.run(signal)
      } catch (thrown) {
        logger.warn({ cause: messageOf(thrown) }, 'The scheduler begins anew')
        await CLOCK.sleep(RETRY_MS, signal)
      } finally {
        await Promise.allSettled([reader.disconnect(), producer.disconnect()])
      }
    }
  }
}

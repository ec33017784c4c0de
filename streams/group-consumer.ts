/**
 * What every consumer group here has in common: offsets are committed by whoever does the work, the
 * heartbeat goes on while a batch waits for a store or a model, and joining has a time-out.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, EachBatchPayload } from 'kafkajs'
import type { Config } from './config.ts'
import { CandlewireError, messageOf } from './errors.ts'
import type { KafkaClient } from './kafka.ts'
import type { Logger } from './log.ts'

type SessionConfig = Pick<Config, 'sessionTimeoutMs'>

const FETCH_WAIT_MS = 100
/** A partition that waits does not hold up the others. */
const PARTITIONS_AT_ONCE = 4
const JOIN_SESSIONS = 6

const heartbeatMs = ({ sessionTimeoutMs }: SessionConfig): number =>
  Math.floor(sessionTimeoutMs / 5)

/** @param options.bytesPerPartition most that one fetch brings of a partition */
export function createGroupConsumer(
  kafka: KafkaClient,
  config: SessionConfig,
  options: { readonly groupId: string; readonly bytesPerPartition: number },
): Consumer {
  return kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: config.sessionTimeoutMs,
    rebalanceTimeout: config.sessionTimeoutMs * 3,
    heartbeatInterval: heartbeatMs(config),
    maxBytesPerPartition: options.bytesPerPartition,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
  })
}

/**
 * Starts consuming and resolves when the group is joined.
 * @throws CandlewireError BROKER_FAILED after six session time-outs, or what `failed` rejects with
 */
export async function runJoined(
  consumer: Consumer,
  config: SessionConfig,
  options: {
    readonly groupId: string
    readonly failed: Promise<never>
    readonly eachBatch: (payload: EachBatchPayload) => Promise<void>
  },
): Promise<void> {
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
    eachBatch: options.eachBatch,
  })
  const timeoutMs = config.sessionTimeoutMs * JOIN_SESSIONS
  const late = delay(timeoutMs, undefined, { ref: false }).then(() => {
    throw new CandlewireError(
      'BROKER_FAILED',
      `${options.groupId}: joining its group took longer than ${timeoutMs} ms`,
    )
  })
  await Promise.race([joined, late, options.failed])
}

/** Does work that may outlast the heartbeat interval; the group does not notice. */
export async function whileBeating(
  payload: EachBatchPayload,
  config: SessionConfig,
  logger: Logger,
  work: () => Promise<void>,
): Promise<void> {
  const { topic, partition } = payload.batch
  const beat = setInterval(() => {
    payload.heartbeat().catch((cause: unknown) => {
      logger.debug(
        { topic, partition, cause: messageOf(cause) },
        'Heartbeat failed; the group will rebalance',
      )
    })
  }, heartbeatMs(config)).unref()
  try {
    await work()
  } finally {
    clearInterval(beat)
  }
}

/** The connection to Redis: reconnects for ever, every command has a time-out, nothing queues up. */
import { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../../../streams/config.ts'
import { messageOf } from '../../../streams/errors.ts'
import type { Logger } from '../../../streams/log.ts'
import { defineStoreBatch } from './store-batch.ts'

const COMMAND_TIMEOUT_MS = 10_000
const RECONNECT_MAX_MS = 2_000

/**
 * A client that is connecting; commands fail at once while it is not connected, so that their callers
 * decide how long to wait.
 */
export function createRedis(config: Pick<Config, 'redisUrl'>, logger: Logger): Redis {
  const redis = new Redis(config.redisUrl, {
    connectTimeout: 5_000,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, 50 * 2 ** Math.min(attempt, 6)),
  })
  // Without a listener ioredis prints; the address it names carries no password.
  redis.on('error', (cause: unknown) =>
    logger.debug({ cause: messageOf(cause) }, 'Redis connection failed and is tried again'),
  )
  defineStoreBatch(redis)
  return redis
}

/** How long a start waits for the first connection; later the callers retry. */
const FIRST_CONNECTION_MS = 5_000

/** Resolves when the client is connected, or after five seconds without. */
export async function connected(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return
  const ready = new Promise<void>((resolve) => redis.once('ready', () => resolve()))
  await Promise.race([ready, delay(FIRST_CONNECTION_MS, undefined, { ref: false })])
}

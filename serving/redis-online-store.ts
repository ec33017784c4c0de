/** The online store as Redis holds it, with a bound on how long a request waits for it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { readNewestVector } from '../processors/sinks/redis/online-store.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import type { OnlineStore, StoredVector } from './http/dependencies.ts'

/** Redis answers in well under a ms; a request is not worth a longer wait. */
const ANSWER_MS = 1_000

export class RedisOnlineStore implements OnlineStore {
  private readonly redis: Redis

  constructor(redis: Redis) {
    this.redis = redis
  }

  async newestVector(instrument: string): Promise<StoredVector | undefined> {
    const timer = new AbortController()
    const late = delay(ANSWER_MS, undefined, { signal: timer.signal, ref: false }).then(
      () => Promise.reject(new Error(`no answer in ${ANSWER_MS} ms`)),
      () => undefined,
    )
    try {
      return await Promise.race([readNewestVector(this.redis, instrument), late])
    } catch (thrown) {
      throw new CandlewireError('STORE_FAILED', `Redis: ${messageOf(thrown)}`, { cause: thrown })
    } finally {
      timer.abort()
    }
  }
}

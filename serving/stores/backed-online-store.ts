/**
 * The online store with what the server has followed itself behind it. While Redis is away nobody waits
 * for it: who has met that tells the watch, and until a look finds it up everything comes from memory.
 *
 * A Redis that has come back empty has nothing until its sink has noticed. Then memory answers too, if its
 * vector is younger than what Redis keeps: one that Redis would have forgotten is not there.
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { OnlineStore } from '../http/dependencies.ts'
import type { StoredVector } from '../stored-vector.ts'
import type { DependencyWatch } from './dependency-watch.ts'
import type { FollowedVectors } from './followed-vectors.ts'

export interface BackedStoreOptions {
  readonly redis: OnlineStore
  readonly followed: Pick<FollowedVectors, 'newest'>
  readonly watch: Pick<DependencyWatch, 'isUp' | 'failed' | 'stateOf'>
  readonly ttlSeconds: number
}

export class BackedOnlineStore implements OnlineStore {
  private readonly options: BackedStoreOptions

  constructor(options: BackedStoreOptions) {
    this.options = options
  }

  async newestVector(instrument: string): Promise<StoredVector | undefined> {
    const { redis, followed, watch, ttlSeconds } = this.options
    if (!watch.isUp('redis')) return this.fromMemory(instrument, watch.stateOf('redis').detail)
    let stored: StoredVector | undefined
    try {
      stored = await redis.newestVector(instrument)
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError) || thrown.code !== 'STORE_FAILED') throw thrown
      watch.failed('redis', thrown)
      return this.fromMemory(instrument, thrown.message)
    }
    if (stored !== undefined) return stored
    const kept = followed.newest(instrument)
    const isYoung = kept !== undefined && Date.now() - kept.eventTimeMs <= ttlSeconds * 1_000
    return isYoung ? kept : undefined
  }

  /** @throws CandlewireError STORE_FAILED */
  private fromMemory(instrument: string, reason: string): StoredVector {
    const kept = this.options.followed.newest(instrument)
    if (kept !== undefined) return kept
    throw new CandlewireError(
      'STORE_FAILED',
      `Redis is away (${reason}), and this server has followed no vector of ${instrument}`,
    )
  }
}

/**
 * The online store as Redis holds it, with a bound on how long a request waits for it.
 *
 * Requests for one instrument share reads: who comes while one is under way waits for the next, which
 * begins after that one has ended, so nobody gets what was there before he asked. So one instrument has
 * at most two reads open, however many ask. A read asks for the position of the vector first, and for
 * its text only where that is not the one read last: a vector never changes at its position.
 */
import type { Redis } from 'ioredis'
import { readNewestPosition, readNewestVector } from '../processors/sinks/redis/online-store.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import type { OnlineStore, StoredVector } from './http/dependencies.ts'

/** Redis answers in well under a ms; a request is not worth a longer wait. A shared one may wait twice. */
const ANSWER_MS = 1_000
/** Vectors kept, the longest unread one goes first: 4 KB each. */
const VECTORS_MAX = 1_000

type Answer = Promise<StoredVector | undefined>

interface OpenReads {
  readonly running: Answer
  /** Begins when `running` has ended. */
  next: Answer | undefined
}

interface Known {
  readonly position: string
  readonly stored: StoredVector
}

export class RedisOnlineStore implements OnlineStore {
  private readonly redis: Redis
  private readonly open = new Map<string, OpenReads>()
  private readonly known = new Map<string, Known>()

  constructor(redis: Redis) {
    this.redis = redis
  }

  newestVector(instrument: string): Answer {
    const reads = this.open.get(instrument)
    if (reads === undefined) return this.start(instrument)
    reads.next ??= reads.running.then(
      () => this.start(instrument),
      () => this.start(instrument),
    )
    return reads.next
  }

  private start(instrument: string): Answer {
    const running = this.read(instrument).finally(() => {
      // Where somebody waits, the next read takes the place of this one.
      if (reads.next === undefined) this.open.delete(instrument)
    })
    const reads: OpenReads = { running, next: undefined }
    this.open.set(instrument, reads)
    return running
  }

  private async read(instrument: string): Answer {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS)
    })
    try {
      return await Promise.race([this.newest(instrument), late])
    } catch (thrown) {
      throw new CandlewireError('STORE_FAILED', `Redis: ${messageOf(thrown)}`, { cause: thrown })
    } finally {
      clearTimeout(timer)
    }
  }

  private async newest(instrument: string): Answer {
    const position = await readNewestPosition(this.redis, instrument)
    const known = this.known.get(instrument)
    this.known.delete(instrument)
    if (position === undefined) return undefined
    if (known?.position === position) {
      // Taken out and put back: the order of the map is that of the last use.
      this.known.set(instrument, known)
      return known.stored
    }
    const newest = await readNewestVector(this.redis, instrument)
    if (newest === undefined) return undefined
    // Of the vector itself: a newer one may have come in between.
    const identity = `${newest.position}/${newest.digest}`
    const stored = { ...newest, identity }
    this.keep(instrument, { position: newest.position, stored })
    return stored
  }

  private keep(instrument: string, known: Known): void {
    this.known.set(instrument, known)
    const [oldest] = this.known.keys()
    if (this.known.size > VECTORS_MAX && oldest !== undefined) this.known.delete(oldest)
  }
}

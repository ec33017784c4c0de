/** Writes one hash into the online store as the sink would. */
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { storeBatch, type VersionedHash } from '../../processors/sinks/redis/store-batch.ts'

/** @returns 1 if it was written, 0 if a newer one stands */
export async function writeHash(redis: Redis, hash: VersionedHash): Promise<number | undefined> {
  const position = { key: `candlewire:test:${randomUUID()}`, before: undefined, after: 1 }
  const written = await storeBatch(redis, { hashes: [hash], recent: [], recentMax: 1, position })
  await redis.del(position.key)
  return written
}

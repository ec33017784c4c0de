/**
 * How the sink writes into the online store: one script for a batch and the position behind it, so that
 * they are there together or not at all.
 *
 *   - It writes nothing unless the position is still the one that this batch follows on. So nobody can
 *     claim what an emptied Redis has lost, and a process that stalled while another took its partition
 *     over writes nothing, also where keys have expired since.
 *   - A hash is replaced by a newer one only (newest-wins.ts): another group may write the same keys.
 */
import type { Redis } from 'ioredis'
import { WRITE_IF_NEWER, type VersionedHash } from './newest-wins.ts'

/** Answer of the script where the position is another one. */
const ELSEWHERE = -1

/** Keys: the position, the hashes, the lists. Arguments: as {@link storeBatch} puts them. */
const SCRIPT = `${WRITE_IF_NEWER}
local position = redis.call('GET', KEYS[1]) or ''
if position ~= ARGV[1] then
  if position == ARGV[2] then return 0 end
  return ${ELSEWHERE}
end
local hashes, at, written = tonumber(ARGV[3]), 5, 0
for index = 1, hashes do
  local last = at + 4 + tonumber(ARGV[at + 4])
  written = written + write_if_newer(KEYS[1 + index], ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], at + 5, last)
  at = last + 1
end
for index = 2 + hashes, #KEYS do
  redis.call('ZADD', KEYS[index], ARGV[at], ARGV[at + 1])
  redis.call('ZREMRANGEBYRANK', KEYS[index], 0, -tonumber(ARGV[4]) - 1)
  redis.call('EXPIRE', KEYS[index], ARGV[at + 2])
  at = at + 3
end
redis.call('SET', KEYS[1], ARGV[2])
return written`

/** An entry of a sorted set that keeps the highest scores. */
export interface RecentArticle {
  readonly key: string
  readonly score: number
  readonly member: string
  readonly ttlSeconds: number
}

export interface OnlineBatch {
  readonly hashes: readonly VersionedHash[]
  readonly recent: readonly RecentArticle[]
  /** Entries that a sorted set keeps. */
  readonly recentMax: number
  readonly position: {
    readonly key: string
    /** Where Redis must stand; undefined: nowhere yet. */
    readonly before: number | undefined
    readonly after: number
  }
}

interface WithStoreBatch {
  storeBatch(keys: number, ...keysAndArguments: (string | number)[]): Promise<number>
}

/** Teaches a client the script. */
export function defineStoreBatch(redis: Redis): void {
  redis.defineCommand('storeBatch', { lua: SCRIPT })
}

/**
 * Writes a batch and moves the position. Repeating it after an answer was lost changes nothing.
 * @returns how many hashes were newer than what stood; undefined if Redis stands elsewhere: nothing was written
 */
export async function storeBatch(redis: Redis, batch: OnlineBatch): Promise<number | undefined> {
  const { hashes, recent, recentMax, position } = batch
  const keys = [position.key, ...hashes.map(({ key }) => key), ...recent.map(({ key }) => key)]
  const written = await (redis as unknown as WithStoreBatch).storeBatch(
    keys.length,
    ...keys,
    position.before ?? '',
    position.after,
    hashes.length,
    recentMax,
    ...hashes.flatMap(({ generation, version, tie, ttlSeconds, fields }) => {
      const pairs = Object.entries(fields()).flat()
      return [generation, version, tie, ttlSeconds, pairs.length, ...pairs]
    }),
    ...recent.flatMap(({ score, member, ttlSeconds }) => [score, member, ttlSeconds]),
  )
  return written === ELSEWHERE ? undefined : written
}

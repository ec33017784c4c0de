/**
 * The one way anything is written into the online store: a script that compares before it writes. Redis
 * runs a script as a whole, so a batch and the position behind it are there together or not at all.
 *
 *   - It writes nothing unless the position is still the one that this batch follows on. So nobody can
 *     claim what an emptied Redis has lost, and a process that stalled while another took its partition
 *     over writes nothing, also where keys have expired since.
 *   - A hash is replaced by a newer one only: another group may write the same keys.
 *
 * The order of hashes is (generation, version, tie): a generation is one computation of all features (a
 * replay that was promoted has the next one), the version an offset or an event time, the tie a text
 * that decides between equal versions from different partitions.
 */
import type { Redis } from 'ioredis'

/** Answer of the script where the position is another one. */
const ELSEWHERE = -1

/** Keys: the position, the hashes, the lists. Arguments: as {@link storeBatch} puts them. */
const SCRIPT = `
local position = redis.call('GET', KEYS[1]) or ''
if position ~= ARGV[1] then
  if position == ARGV[2] then return 0 end
  return ${ELSEWHERE}
end
local hashes, at, written = tonumber(ARGV[3]), 5, 0
for index = 1, hashes do
  local key, generation, version, tie = KEYS[1 + index], ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local last = at + 4 + tonumber(ARGV[at + 4])
  local stored = redis.call('HMGET', key, 'generation', 'version', 'tie')
  local older = false
  if stored[1] then
    local ahead = tonumber(stored[1]) - tonumber(generation)
    if ahead == 0 then ahead = tonumber(stored[2]) - tonumber(version) end
    older = ahead > 0 or (ahead == 0 and stored[3] > tie)
  end
  if not older then
    redis.call('HSET', key, 'generation', generation, 'version', version, 'tie', tie, unpack(ARGV, at + 5, last))
    redis.call('EXPIRE', key, ARGV[at + 3])
    written = written + 1
  end
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

export interface VersionedHash {
  readonly key: string
  readonly generation: number
  readonly version: number
  readonly tie: string
  readonly ttlSeconds: number
  /** Made only if the hash is the newest of its batch: the text of a vector costs more than all else. */
  readonly fields: () => Readonly<Record<string, string | number>>
}

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

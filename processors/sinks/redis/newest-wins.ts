/**
 * The one way anything is written into the online store: a script that compares before it writes, so
 * that no replay, repeat or stalled process takes a key back in time. Redis runs a script as a whole.
 *
 * The order is (generation, version, tie): a generation is one computation of all features (a replay
 * that was promoted has the next one), the version an offset or an event time, the tie a text that
 * decides between equal versions from different partitions.
 */
import type { Redis } from 'ioredis'

const SCRIPT = `
local stored = redis.call('HMGET', KEYS[1], 'generation', 'version', 'tie')
if stored[1] then
  local generation, version = tonumber(stored[1]), tonumber(stored[2])
  if generation > tonumber(ARGV[1]) then return 0 end
  if generation == tonumber(ARGV[1]) then
    if version > tonumber(ARGV[2]) then return 0 end
    if version == tonumber(ARGV[2]) and stored[3] > ARGV[3] then return 0 end
  end
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'version', ARGV[2], 'tie', ARGV[3], unpack(ARGV, 5))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1`

export interface VersionedHash {
  readonly key: string
  readonly generation: number
  readonly version: number
  readonly tie: string
  readonly ttlSeconds: number
  /** Made only if the hash is the newest of its batch: the text of a vector costs more than all else. */
  readonly fields: () => Readonly<Record<string, string | number>>
}

/** The part of a client or pipeline that the script is called through. */
interface WithNewestWins {
  newestWins(key: string, ...args: (string | number)[]): unknown
}

/** Teaches a client the script; pipelines of the client know it too. */
export function defineNewestWins(redis: Redis): void {
  redis.defineCommand('newestWins', { numberOfKeys: 1, lua: SCRIPT })
}

/** Queues or sends one write. It answers 1 if the hash was written, 0 if a newer one stands. */
export function newestWins(target: object, hash: VersionedHash): unknown {
  const fields = Object.entries(hash.fields()).flat()
  return (target as WithNewestWins).newestWins(
    hash.key,
    hash.generation,
    hash.version,
    hash.tie,
    hash.ttlSeconds,
    ...fields,
  )
}

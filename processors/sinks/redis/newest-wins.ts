/**
 * Hashes of the online store that only a newer one replaces: a script compares before it writes, so that
 * no replay, repeat or stalled process takes a key back in time. Redis runs a script as a whole.
 *
 * The order is (generation, version, tie): a generation is one computation of all features (a replay
 * that was promoted has the next one), the version an offset or an event time, the tie a text that
 * decides between equal versions from different partitions.
 */
import type { Redis } from 'ioredis'

/** In Lua, for every script that writes hashes; the fields are the arguments from `first` to `last`. */
export const WRITE_IF_NEWER = `
local function write_if_newer(key, generation, version, tie, ttl, first, last)
  local stored = redis.call('HMGET', key, 'generation', 'version', 'tie')
  if stored[1] then
    local ahead = tonumber(stored[1]) - tonumber(generation)
    if ahead == 0 then ahead = tonumber(stored[2]) - tonumber(version) end
    if ahead > 0 or (ahead == 0 and stored[3] > tie) then return 0 end
  end
  redis.call('HSET', key, 'generation', generation, 'version', version, 'tie', tie, unpack(ARGV, first, last))
  redis.call('EXPIRE', key, ttl)
  return 1
end`

const SCRIPT = `${WRITE_IF_NEWER}
return write_if_newer(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 5, #ARGV)`

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

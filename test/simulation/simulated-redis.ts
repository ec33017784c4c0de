/**
 * A Redis, as far as the sink relies on it: strings, hashes that only a newer version replaces, keys that
 * expire by its own clock, and the sink's script (store-batch.ts; the script itself runs in the
 * integration tests).
 */
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { storeRequest, type StoreWorld } from './simulated-store.ts'

interface VersionedHash {
  readonly generation: number
  readonly version: number
  readonly tie: string
  readonly fields: Readonly<Record<string, string>>
  readonly expiresAtMs: number
}

export class SimulatedRedis {
  private readonly hashes = new Map<string, VersionedHash>()
  private readonly strings = new Map<string, string>()
  private readonly nowMs: () => number
  /** Versions each key has had since it was last emptied, in order. */
  readonly history = new Map<string, number[]>()

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  /** FLUSHALL. */
  empty(): void {
    this.hashes.clear()
    this.strings.clear()
    this.history.clear()
  }

  /** What stands under a key; undefined if nothing ever stood there. */
  hash(key: string): (VersionedHash & { readonly isExpired: boolean }) | undefined {
    const hash = this.hashes.get(key)
    return hash === undefined ? undefined : { ...hash, isExpired: this.nowMs() >= hash.expiresAtMs }
  }

  get(key: string): string | null {
    return this.strings.get(key) ?? null
  }

  clientOf(world: StoreWorld, actor: string): Redis {
    return {
      get: (key: string) => storeRequest(world, actor, 'get', () => this.get(key)),
      storeBatch: (count: number, ...given: readonly (string | number)[]) => {
        const texts = given.map(String)
        const batch = { keys: texts.slice(0, count), values: texts.slice(count) }
        return storeRequest(world, actor, 'write', () => this.storeBatch(batch))
      },
    } as unknown as Redis
  }

  /** As the script does it: all of it at once, if the position is the one it follows on. */
  private storeBatch({ keys, values }: Sent): number {
    const [position, ...rest] = keys
    const [before, after, hashes, , ...each] = values
    assert(position !== undefined && before !== undefined && after !== undefined)
    const stands = this.get(position) ?? ''
    if (stands !== before) return stands === after ? 0 : -1
    this.strings.set(position, after)
    let [written, at] = [0, 0]
    for (const key of rest.slice(0, Number(hashes))) {
      const [generation, version, tie = '', ttlSeconds, count] = each.slice(at, at + 5)
      const fields = each.slice(at + 5, at + 5 + Number(count))
      at += 5 + Number(count)
      const order = { generation: Number(generation), version: Number(version), tie }
      if (this.write(key, { ...order, fields: pairsOf(fields) }, Number(ttlSeconds))) written += 1
    }
    return written
  }

  private write(
    key: string,
    hash: Omit<VersionedHash, 'expiresAtMs'>,
    ttlSeconds: number,
  ): boolean {
    const stored = this.hash(key)
    if (stored?.isExpired === false && isNewer(stored, hash)) return false
    assert(ttlSeconds > 0)
    this.hashes.set(key, { ...hash, expiresAtMs: this.nowMs() + ttlSeconds * 1_000 })
    this.history.set(key, [...(this.history.get(key) ?? []), hash.version])
    return true
  }
}

interface Sent {
  readonly keys: readonly string[]
  readonly values: readonly string[]
}

const pairsOf = (fields: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: fields.length / 2 }, (_, at) => [fields[2 * at]!, fields[2 * at + 1]!]),
  )

const isNewer = (
  one: Pick<VersionedHash, 'generation' | 'version' | 'tie'>,
  than: Pick<VersionedHash, 'generation' | 'version' | 'tie'>,
): boolean => {
  if (one.generation !== than.generation) return one.generation > than.generation
  if (one.version !== than.version) return one.version > than.version
  return one.tie > than.tie
}

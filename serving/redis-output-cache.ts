/**
 * What models put out for newest vectors: in memory for as long as the vector is the newest here, and
 * in Redis for other servers and for this one after a restart.
 *
 * An output belongs to a vector, named by its place in the log and the digest of its text, and to the
 * file of a model, named by its SHA-256: where all of these are the same, scoring again would give the
 * same bits. So nothing here can be stale, and nothing has to be thrown away at a swap. What depends on
 * the clock or on outcomes (age, abstaining, interval) is no part of it.
 *
 * Redis has one key for an instrument and a version, overwritten at the next vector, with an end: at
 * most instruments times versions that answered within the last hour, some 250 bytes each. Memory has
 * what the vectors of the online store have, which are bounded there.
 */
import type { Redis } from 'ioredis'
import { outputKey } from '../processors/sinks/redis/keys.ts'
import type { ModelVersion } from '../schemas/generated.ts'
import type { OutputCache, StoredVector } from './http/dependencies.ts'
import type { ServingMetrics } from './metrics.ts'

/** Longest life of an output that nobody overwrites. */
const LIFE_MAX_SECONDS = 3_600
/** Scoring takes a few ms, so it is not worth waiting longer for Redis. */
const READ_MS = 25
/** Characters read of a value, whatever stands there; ours have some 130. */
const VALUE_MAX = 256
/** Reads, and writes, that may be open. */
const OPEN_MAX = 64
/** The vector, a space, and the bits of a float64, big-endian. */
const VALUE = /^(\S+) ([0-9a-f]{16})$/

/** Asks every time. */
export const UNCACHED: OutputCache = { outputOf: (_stored, _version, score) => score() }

/** Of one vector and one version. */
interface Entry {
  output: number | undefined
  /** What Redis says; all who come while it is under way wait for it together. */
  readonly lookup: Promise<number | undefined>
}

type Metrics = Pick<ServingMetrics, 'outputHits' | 'outputMisses' | 'outputFailures'>

export class RedisOutputCache implements OutputCache {
  private readonly redis: Redis
  private readonly metrics: Metrics
  private readonly lifeSeconds: number
  private readonly known = new WeakMap<StoredVector, WeakMap<ModelVersion, Entry>>()
  private readonly open = { read: 0, write: 0 }

  /** @param vectorTtlSeconds of a vector: an output is not kept longer. */
  constructor(redis: Redis, metrics: Metrics, vectorTtlSeconds: number) {
    this.redis = redis
    this.metrics = metrics
    this.lifeSeconds = Math.min(LIFE_MAX_SECONDS, vectorTtlSeconds)
  }

  async outputOf(
    stored: StoredVector,
    version: ModelVersion,
    score: () => Promise<number>,
  ): Promise<number> {
    const { identity } = stored
    if (identity === undefined) return score()
    const entry = this.entryOf(stored, identity, version)
    if (entry.output !== undefined) return this.hit('memory', entry.output)
    const found = await entry.lookup
    if (found !== undefined) {
      entry.output = found
      return this.hit('redis', found)
    }
    // Several may score at once: they share a run, and each learns what became of its own call.
    this.metrics.outputMisses.inc()
    const output = await score()
    if (entry.output === undefined) {
      entry.output = output
      this.write(keyOf(stored, version), `${identity} ${bitsOf(output)}`)
    }
    return output
  }

  private hit(from: 'memory' | 'redis', output: number): number {
    this.metrics.outputHits.inc({ from })
    return output
  }

  private entryOf(stored: StoredVector, identity: string, version: ModelVersion): Entry {
    let versions = this.known.get(stored)
    if (versions === undefined) this.known.set(stored, (versions = new WeakMap()))
    let entry = versions.get(version)
    if (entry === undefined) {
      entry = { output: undefined, lookup: this.read(keyOf(stored, version), identity) }
      versions.set(version, entry)
    }
    return entry
  }

  /** Never rejects: what cannot be read in time or does not parse is not there. */
  private async read(key: string, identity: string): Promise<number | undefined> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${READ_MS} ms`)), READ_MS)
    })
    try {
      const text = await Promise.race([
        this.bounded('read', () => this.redis.getrange(key, 0, VALUE_MAX - 1)),
        late,
      ])
      const [, of, bits] = VALUE.exec(text) ?? []
      return bits !== undefined && of === identity ? outputOfBits(bits) : undefined
    } catch {
      this.metrics.outputFailures.inc({ operation: 'read' })
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  /** Nobody waits for it. */
  private write(key: string, value: string): void {
    this.bounded('write', () => this.redis.set(key, value, 'EX', this.lifeSeconds)).catch(() =>
      this.metrics.outputFailures.inc({ operation: 'write' }),
    )
  }

  private async bounded<T>(operation: 'read' | 'write', ask: () => Promise<T>): Promise<T> {
    if (this.open[operation] >= OPEN_MAX) throw new Error(`${OPEN_MAX} are open`)
    this.open[operation] += 1
    try {
      return await ask()
    } finally {
      this.open[operation] -= 1
    }
  }
}

const keyOf = ({ vector }: StoredVector, version: ModelVersion): string =>
  outputKey(vector.instrument, `${version.modelName}/${version.version}`, version.artifactSha256)

/** The bits of a float64, so that -0, NaN and the last digit come back. */
function bitsOf(output: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(output)
  return bytes.toString('hex')
}

const outputOfBits = (bits: string): number => Buffer.from(bits, 'hex').readDoubleBE()

import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { publishedModel } from '../test/support/published-model.ts'
import { testVector } from '../test/support/vectors.ts'
import { ServingMetrics } from './metrics.ts'
import { RedisOutputCache } from './redis-output-cache.ts'
import type { StoredVector } from './stored-vector.ts'

const { version } = publishedModel(1)
const KEY = `candlewire:outputs:A:${version.modelName}/1.1.0:${version.artifactSha256}`

/** Texts by key, as several servers see them. */
class FakeRedis {
  readonly texts = new Map<string, string>()
  readonly lives: number[] = []
  reads = 0
  /** What a command waits for, or fails with. */
  fault: Promise<never> | undefined

  async getrange(key: string, from: number, to: number): Promise<string> {
    this.reads += 1
    await this.fault
    return (this.texts.get(key) ?? '').slice(from, to + 1)
  }

  async set(key: string, value: string, _ex: 'EX', seconds: number): Promise<void> {
    await this.fault
    this.texts.set(key, value)
    this.lives.push(seconds)
  }
}

const vectorAt = (bar: number, digest = 'd'): StoredVector => {
  const vector = testVector('A', bar)
  return {
    vector,
    offset: bar,
    eventTimeMs: vector.eventTimeMs,
    identity: `0/0/${bar}/${vector.eventTimeMs}/${digest}`,
  }
}

function setUp(redis = new FakeRedis()) {
  const metrics = new ServingMetrics()
  const cache = new RedisOutputCache(redis as unknown as Redis, metrics, 86_400)
  let scored = 0
  const counted = async (): Promise<string> => {
    const lines = (await metrics.set.registry.metrics()).split('\n')
    return lines
      .filter((line) => /^candlewire_prediction_cache.* [1-9]/.test(line))
      .map((line) => line.replace('candlewire_prediction_cache_', ''))
      .join(' ')
  }
  const answering = (output: number) => () => {
    scored += 1
    return Promise.resolve(output)
  }
  return { redis, cache, answering, counted, scored: () => scored }
}

describe('the cache of outputs', () => {
  it('gives another server the same bits, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double(), async (output) => {
        const first = setUp()
        const second = setUp(first.redis)
        await first.cache.outputOf(vectorAt(1), version, first.answering(output))
        const there = await second.cache.outputOf(vectorAt(1), version, second.answering(7))
        expect(Object.is(there, output)).toBe(true)
        expect(second.scored()).toBe(0)
      }),
    )
  })

  it('looks into Redis once for a vector, however many ask, and then into memory', async () => {
    const { redis, cache, answering, scored, counted } = setUp()
    const stored = vectorAt(1)
    for (let round = 0; round < 3; round += 1) {
      const asked = Array.from({ length: 10 }, () => cache.outputOf(stored, version, answering(5)))
      expect(new Set(await Promise.all(asked))).toEqual(new Set([5]))
    }
    // The first ten came before anybody knew.
    expect([redis.reads, scored()]).toEqual([1, 10])
    expect(await counted()).toBe('hits_total{from="memory"} 20 misses_total 10')
    expect(redis.lives).toEqual([3_600])
  })

  it('keeps one value for an instrument and a version, which the next vector replaces', async () => {
    const { redis, cache, answering } = setUp()
    for (let bar = 0; bar < 50; bar += 1) {
      expect(await cache.outputOf(vectorAt(bar), version, answering(bar))).toBe(bar)
    }
    expect([...redis.texts.keys()]).toEqual([KEY])
    expect(redis.texts.get(KEY)?.length).toBeLessThan(256)
  })

  it.each([
    ['another place', vectorAt(2), version],
    ['another text at the same place', vectorAt(1, 'e'), version],
    ['another version', vectorAt(1), publishedModel(2).version],
    ['another file of the same version', vectorAt(1), { ...version, artifactSha256: 'ff' }],
  ])('does not answer for %s', async (_, stored, other) => {
    const first = setUp()
    const second = setUp(first.redis)
    await first.cache.outputOf(vectorAt(1), version, first.answering(1))
    expect(await second.cache.outputOf(stored, other, second.answering(2))).toBe(2)
  })

  it.each([
    '',
    'rubbish',
    '{"output":1}',
    '3ff0000000000000',
    `${vectorAt(1).identity} 3FF0000000000000`,
    `${vectorAt(1).identity} 3ff000000000000`,
    `${vectorAt(1).identity} 3ff0000000000000 more`,
    `${vectorAt(1).identity}  3ff0000000000000`,
    ` ${'x'.repeat(1_000_000)}`,
  ])('takes a value that does not parse for none: %.60s', async (text) => {
    const { redis, cache, answering, counted } = setUp()
    redis.texts.set(KEY, text)
    expect(await cache.outputOf(vectorAt(1), version, answering(3))).toBe(3)
    expect(await counted()).toBe('misses_total 1')
    await turn()
    expect(redis.texts.get(KEY)).toBe(`${vectorAt(1).identity} 4008000000000000`)
  })

  it('answers without Redis, be it broken or silent, and counts that', async () => {
    const broken = setUp()
    broken.redis.fault = Promise.reject(new Error('gone'))
    broken.redis.fault.catch(() => undefined)
    expect(await broken.cache.outputOf(vectorAt(1), version, broken.answering(3))).toBe(3)
    await turn()
    expect(await broken.counted()).toBe(
      'misses_total 1 failures_total{operation="read"} 1 failures_total{operation="write"} 1',
    )
    const silent = setUp()
    silent.redis.fault = new Promise(() => undefined)
    const ask = async (bar: number): Promise<void> =>
      expect(await silent.cache.outputOf(vectorAt(bar), version, silent.answering(bar))).toBe(bar)
    await Promise.all(Array.from({ length: 100 }, (_, bar) => ask(bar)))
    // 64 wait for an answer that never comes, the others do not even ask.
    expect(silent.redis.reads).toBe(64)
    await turn()
    expect(await silent.counted()).toBe(
      'misses_total 100 failures_total{operation="read"} 100 failures_total{operation="write"} 36',
    )
  })

  it('does not keep a failure', async () => {
    const { cache, answering } = setUp()
    const stored = vectorAt(1)
    const failing = () => Promise.reject(new Error('dead'))
    await expect(cache.outputOf(stored, version, failing)).rejects.toThrow('dead')
    expect(await cache.outputOf(stored, version, answering(4))).toBe(4)
  })
})

/** The Redis sink on the real broker and store: newest wins, old records again, an emptied Redis. */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { positionKey, recentArticlesKey, vectorKey } from '../../processors/sinks/redis/keys.ts'
import { storeBatch } from '../../processors/sinks/redis/store-batch.ts'
import { readNewestArticle, readNewestVector } from '../../processors/sinks/redis/online-store.ts'
import { runRedisSink, type RunningRedisSink } from '../../processors/sinks/redis/redis-sink.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { deadLettersTopic, type Topic } from '../../streams/topics.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { TcpFaultProxy } from '../support/tcp-fault-proxy.ts'
import { writeHash } from '../support/write-hash.ts'
import { articleOf, sinkSetup, vectorOf, type SinkSetup } from './fixtures/sink-setup.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Bench extends SinkSetup {
  readonly redis: Redis
  readonly codecs: Codecs
  /** Instrument names of this test only: Redis is shared. */
  readonly a: string
  readonly b: string
  send<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<void>
  run(group?: string, more?: Record<string, string>): Promise<RunningRedisSink>
  vectorAt(instrument: string): Promise<number | undefined>
}

async function bench(): Promise<Bench> {
  const suffix = randomUUID().slice(0, 8)
  const setup = sinkSetup(suffix)
  const { config, kafka, logger } = testClients(setup.overrides)
  const topics = [setup.features, setup.news]
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, [...topics, deadLettersTopic])
  await admin.disconnect()
  const codecs = await connectCodecs(config, [...topics, deadLettersTopic])
  const redis = createRedis(config, logger)
  await until('Redis', () => redis.status === 'ready')
  const producer = createProducer(kafka)
  await producer.connect()
  cleanups.push(async () => {
    await producer.disconnect()
    const left = await redis.keys(`candlewire:*${suffix}*`)
    if (left.length > 0) await redis.del(...left)
    redis.disconnect()
  })
  return {
    ...setup,
    redis,
    codecs,
    a: `A-${suffix}`,
    b: `B-${suffix}`,
    async send(topic, values) {
      const codec = codecs.of(topic)
      const messages = values.map((value) => ({
        key: topic.keyOf(value),
        value: codec.encode(value),
      }))
      await producer.send({ topic: topic.name, messages })
    },
    async run(group = setup.group, more = {}) {
      const { config: own } = testClients({ ...setup.overrides, ...more })
      const sink = await runRedisSink({
        config: own,
        kafka,
        codecs,
        logger,
        topics,
        groupId: group,
      })
      cleanups.push(() => sink.stop())
      return sink
    },
    async vectorAt(instrument) {
      return (await readNewestVector(redis, instrument))?.vector.openTimeMs
    },
  }
}

const minutes = (instrument: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => vectorOf(instrument, from + at))

describe('the newest vector', () => {
  it('is read back bit for bit, with its place, time and time to live', async () => {
    const test = await bench()
    await test.send(test.features, [...minutes(test.a, 0, 40), ...minutes(test.b, 0, 20)])
    await test.run()
    await until(
      'both vectors',
      async () =>
        (await test.vectorAt(test.a)) === 39 * 60_000 &&
        (await test.vectorAt(test.b)) === 19 * 60_000,
    )
    const found = await readNewestVector(test.redis, test.a, 41 * 60_000)
    const expected = vectorOf(test.a, 39)
    expect(found).toMatchObject({ eventTimeMs: 40 * 60_000, ageMs: 60_000 })
    expect(
      Object.entries(found?.vector.values ?? {}).every(([name, value]) =>
        Object.is(value, expected.values[name as 'open']),
      ),
    ).toBe(true)
    expect(Object.is(found?.vector.recentReturns[2], -0)).toBe(true)
    const ttl = await test.redis.ttl(vectorKey(test.a))
    expect(ttl).toBeGreaterThan(86_000)
    expect(ttl).toBeLessThanOrEqual(86_400)
  })

  it('never goes back: not by a second reading from the start, not by an old write', async () => {
    const test = await bench()
    await test.send(test.features, minutes(test.a, 0, 100))
    await test.run()
    await until('the newest vector', async () => (await test.vectorAt(test.a)) === 99 * 60_000)
    const seen: (number | undefined)[] = []
    const again = await test.run(`${test.group}-again`)
    await until('everything read again', async () => {
      seen.push(await test.vectorAt(test.a))
      return again.stats().records === 100
    })
    seen.push(await test.vectorAt(test.a))
    expect(new Set(seen)).toEqual(new Set([99 * 60_000]))
    const old = {
      key: vectorKey(test.a),
      generation: 0,
      version: 98,
      tie: '',
      ttlSeconds: 60,
      fields: () => ({ vector: '{}' }),
    }
    expect(await writeHash(test.redis, old)).toBe(0)
    expect(await writeHash(test.redis, { ...old, generation: -1, version: 1_000 })).toBe(0)
    expect(await test.vectorAt(test.a)).toBe(99 * 60_000)
    expect(await writeHash(test.redis, { ...old, generation: 1, version: 0 })).toBe(1)
  })
})

describe('an emptied Redis', () => {
  it('is filled again at the next start, though nothing new comes', async () => {
    const test = await bench()
    await test.send(test.features, minutes(test.a, 0, 30))
    const first = await test.run()
    await until('the vector', async () => (await test.vectorAt(test.a)) === 29 * 60_000)
    await first.stop()
    await empty(test)
    await test.run()
    await until('the vector again', async () => (await test.vectorAt(test.a)) === 29 * 60_000)
  })

  it('is noticed while running, though nothing new comes', async () => {
    const test = await bench()
    await test.send(test.features, minutes(test.a, 0, 30))
    const sink = await test.run()
    const isThere = async () => (await test.vectorAt(test.a)) === 29 * 60_000
    await until('the vector', isThere)
    // What is being written at this moment may come after the emptying: then nothing is missing.
    await until('the position', () => sink.storedUpTo(test.features.name, 0) !== undefined)
    await empty(test)
    await until('the vector again', isThere)
  })

  it('is noticed while running, at the next record of the partition', async () => {
    const test = await bench()
    await test.send(test.features, [...minutes(test.a, 0, 30), ...minutes(test.b, 0, 30)])
    const sink = await test.run()
    await until(
      'both vectors',
      async () =>
        (await test.vectorAt(test.a)) === 29 * 60_000 &&
        (await test.vectorAt(test.b)) === 29 * 60_000,
    )
    await empty(test)
    await test.send(test.features, [...minutes(test.a, 30, 31), ...minutes(test.b, 30, 31)])
    await until(
      'both vectors again',
      async () =>
        (await test.vectorAt(test.a)) === 30 * 60_000 &&
        (await test.vectorAt(test.b)) === 30 * 60_000,
    )
    await until('the rebuild', () => sink.stats().rebuilds > 0)
  })
})

describe('articles', () => {
  it('the newest by time wins whatever its partition; the recent ones are a bounded list', async () => {
    const test = await bench()
    const shuffled = [...Array.from({ length: 60 }, (_, at) => articleOf(test.a, (at * 37) % 60))]
    await test.send(test.news, shuffled)
    await test.run()
    await until(
      'the newest article',
      async () => (await readNewestArticle(test.redis, test.a))?.sourceLine === 59,
    )
    await until('the list', async () => (await test.redis.zcard(recentArticlesKey(test.a))) === 20)
    const scores = (await test.redis.zrange(recentArticlesKey(test.a), 0, -1, 'WITHSCORES')).filter(
      (_, at) => at % 2 === 1,
    )
    expect(scores.map(Number)).toEqual(Array.from({ length: 20 }, (_, at) => (40 + at) * 60_000))
    expect(await test.redis.ttl(recentArticlesKey(test.a))).toBeGreaterThan(7_000)
  })
})

it('while Redis is away nothing is lost and the group is kept', async () => {
  const test = await bench()
  const { config } = testClients(test.overrides)
  const { hostname, port } = new URL(config.redisUrl)
  const proxy = new TcpFaultProxy(hostname, Number(port))
  const proxyPort = await proxy.listen()
  cleanups.push(() => proxy.close())
  const sink = await test.run(test.group, { REDIS_URL: `redis://127.0.0.1:${proxyPort}` })
  await test.send(test.features, minutes(test.a, 0, 10))
  await until('the vector', async () => (await test.vectorAt(test.a)) === 9 * 60_000)
  proxy.set('cut')
  await test.send(test.features, minutes(test.a, 10, 20))
  const retries = sink.stats().retries
  await until('attempts in vain', () => sink.stats().retries >= retries + 4)
  expect(await test.vectorAt(test.a)).toBe(9 * 60_000)
  proxy.set('none')
  await until('the newest vector', async () => (await test.vectorAt(test.a)) === 19 * 60_000)
})

it('a batch that does not follow on what Redis holds writes nothing; one that is repeated, nothing more', async () => {
  const test = await bench()
  const key = positionKey(test.group, test.features.name, 0)
  const store = (before: number | undefined, after: number, ...versions: readonly number[]) =>
    storeBatch(test.redis, {
      hashes: versions.map((version) => ({
        key: vectorKey(test.a),
        generation: 0,
        version,
        tie: '',
        ttlSeconds: 60,
        fields: () => ({ vector: String(version) }),
      })),
      recent: [3, 1, 2].map((score) => ({
        key: recentArticlesKey(test.a),
        score,
        member: `${score} of ${after}`,
        ttlSeconds: 60,
      })),
      recentMax: 2,
      position: { key, before, after },
    })
  const holds = async () => [
    await test.redis.get(key),
    await test.redis.hget(vectorKey(test.a), 'vector'),
    await test.redis.zrange(recentArticlesKey(test.a), 0, -1),
  ]
  expect(await store(5, 9, 8)).toBeUndefined()
  expect(await holds()).toEqual([null, null, []])
  expect(await store(undefined, 9, 7, 8)).toBe(2)
  const first = ['9', '8', ['2 of 9', '3 of 9']]
  expect(await holds()).toEqual(first)
  expect(await store(undefined, 9, 8)).toBe(0)
  expect(await store(undefined, 12, 11)).toBeUndefined()
  expect(await store(8, 12, 11)).toBeUndefined()
  expect(await holds()).toEqual(first)
  expect(await store(9, 12, 6, 11)).toBe(1)
  expect((await holds()).slice(0, 2)).toEqual(['12', '11'])
  await empty(test)
  expect(await store(12, 15, 14)).toBeUndefined()
  expect((await holds()).slice(0, 2)).toEqual([null, null])
})

/** What FLUSHALL would do, for this test's keys only. */
async function empty(test: Bench): Promise<void> {
  const positions = [test.features, test.news].flatMap((topic) =>
    [0, 1, 2].map((partition) => positionKey(test.group, topic.name, partition)),
  )
  await test.redis.del(vectorKey(test.a), vectorKey(test.b), ...positions)
}

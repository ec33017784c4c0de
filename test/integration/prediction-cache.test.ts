/** Kept outputs on the real Redis: two servers, a vector that is replaced, a key that is something else. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { outputKey, vectorKey } from '../../processors/sinks/redis/keys.ts'
import { ServingMetrics } from '../../serving/metrics.ts'
import { RedisOnlineStore } from '../../serving/redis-online-store.ts'
import { RedisOutputCache } from '../../serving/redis-output-cache.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { publishedModel } from '../support/published-model.ts'
import { testVector } from '../support/vectors.ts'
import { writeHash } from '../support/write-hash.ts'

const { config, logger } = testClients()
const redis = createRedis(config, logger)
const instrument = `KEPT_${randomUUID().slice(0, 8)}`
const { version } = publishedModel(1)
const key = outputKey(instrument, `${version.modelName}/${version.version}`, version.artifactSha256)

/** As the sink writes it. */
async function write(bar: number, close = 100, generation = 0): Promise<void> {
  const vector = testVector(instrument, bar, { close })
  const fields = {
    vector: JSON.stringify(vector),
    partition: 0,
    offset: bar,
    eventTimeMs: vector.eventTimeMs,
  }
  await writeHash(redis, {
    key: vectorKey(instrument),
    generation,
    version: bar,
    tie: '',
    ttlSeconds: 60,
    fields: () => fields,
  })
}

/** Asks for what it says of the newest vector, and for how often it scored. */
function server() {
  const [store, metrics] = [new RedisOnlineStore(redis), new ServingMetrics()]
  const cache = new RedisOutputCache(redis, metrics, 60)
  let scored = 0
  return {
    async ask(output: number): Promise<number> {
      const stored = (await store.newestVector(instrument)) ?? expect.fail()
      return cache.outputOf(stored, version, () => {
        scored += 1
        return Promise.resolve(output)
      })
    },
    scored: () => scored,
    failures: async () => (await metrics.outputFailures.get()).values.length,
  }
}

const isWritten = (bar: number) => async (): Promise<boolean> =>
  (await redis.get(key))?.includes(`/${bar}/`) === true

beforeAll(() => until('Redis', () => redis.status === 'ready'))

afterAll(async () => {
  await redis.del(key, vectorKey(instrument))
  redis.disconnect()
})

it('keeps an output for all servers until the next vector, and then never gives it again', async () => {
  const [one, other] = [server(), server()]
  await write(1)
  const output = 0.1 + 0.2
  expect(await one.ask(output)).toBe(output)
  await until('the output in Redis', isWritten(1))
  expect(await other.ask(7)).toBe(output)
  expect(await other.ask(7)).toBe(output)
  expect([one.scored(), other.scored()]).toEqual([1, 0])
  const life = await redis.ttl(key)
  expect(life).toBeGreaterThan(0)
  expect(life).toBeLessThanOrEqual(60)

  await write(2)
  expect(await other.ask(-0)).toBe(-0)
  await until('the next output in Redis', isWritten(2))
  expect(await one.ask(7)).toBe(-0)

  // The same place in another computation of all features, and in a topic that was made anew.
  await write(2, 100, 1)
  expect(await one.ask(3)).toBe(3)
  await redis.del(vectorKey(instrument))
  await write(2, 101, 1)
  expect(await server().ask(4)).toBe(4)
})

it('scores where the key holds something else', async () => {
  await write(3, 100, 1)
  await redis.del(key)
  await redis.rpush(key, 'a list')
  const one = server()
  expect([await one.ask(5), await one.ask(6)]).toEqual([5, 5])
  expect(await one.failures()).toBeGreaterThan(0)
})

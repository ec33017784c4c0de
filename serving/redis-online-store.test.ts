import type { Redis } from 'ioredis'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { testVector } from '../test/support/vectors.ts'
import { RedisOnlineStore } from './redis-online-store.ts'

/** A hash of one vector that answers when it is told to, and counts what it is asked. */
class FakeRedis {
  bar = 1
  readonly asked: string[] = []
  private readonly open: (() => void)[] = []

  hmget(_key: string, ...fields: string[]): Promise<(string | null)[]> {
    this.asked.push(fields.includes('vector') ? 'vector' : 'position')
    // As of when it is asked.
    const hash: Record<string, string | undefined> =
      this.bar === 0
        ? {}
        : {
            vector: JSON.stringify(testVector('A', this.bar)),
            partition: '0',
            offset: String(this.bar),
            eventTimeMs: String((this.bar + 1) * 60_000),
          }
    return new Promise((resolve) =>
      this.open.push(() => resolve(fields.map((field) => hash[field] ?? null))),
    )
  }

  /** Answers everything until nothing is asked any more. */
  async answer(): Promise<void> {
    for (await turn(); this.open.length > 0; await turn())
      for (const each of this.open.splice(0)) each()
  }
}

const setUp = () => {
  const redis = new FakeRedis()
  return { redis, store: new RedisOnlineStore(redis as unknown as Redis) }
}

describe('the online store', () => {
  it('answers a hundred requests with two reads, and reads the text of a vector once', async () => {
    const { redis, store } = setUp()
    const asked = Array.from({ length: 100 }, () => store.newestVector('A'))
    await redis.answer()
    const answers = await Promise.all(asked)
    expect(answers.every((each) => each === answers[0])).toBe(true)
    expect(answers[0]).toMatchObject({ offset: 1, vector: { openTimeMs: 60_000 } })
    expect(redis.asked).toEqual(['position', 'vector', 'position'])
  })

  it('never answers with what was there before somebody asked', async () => {
    const { redis, store } = setUp()
    const first = store.newestVector('A')
    await turn()
    redis.bar = 2
    const second = store.newestVector('A')
    await redis.answer()
    expect((await first)?.offset).toBeLessThanOrEqual(2)
    expect((await second)?.offset).toBe(2)
    redis.bar = 0
    const third = store.newestVector('A')
    await redis.answer()
    expect(await third).toBeUndefined()
  })

  it('reads again after a failure, and tells each who waited for it', async () => {
    const { redis, store } = setUp()
    const hmget = redis.hmget.bind(redis)
    let calls = 0
    redis.hmget = (...args) =>
      (calls += 1) === 1 ? Promise.reject(new Error('gone')) : hmget(...args)
    const failing = store.newestVector('A')
    const waiting = store.newestVector('A')
    await expect(failing).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await redis.answer()
    await expect(waiting).resolves.toMatchObject({ offset: 1 })
  })
})

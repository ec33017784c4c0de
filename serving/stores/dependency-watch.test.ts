/** What the watch knows, from probes that a test turns off, silences and turns on again. */
import { afterEach, expect, it } from 'vitest'
import { until } from '../../test/support/kafka-client.ts'
import { DependencyWatch, type DependencyState } from './dependency-watch.ts'

const open: DependencyWatch[] = []
afterEach(async () => {
  for (const watch of open.splice(0)) await watch.stop()
})

type Mode = 'answers' | 'refuses' | 'silent'

async function setUp(mode: Mode = 'answers') {
  const redis = { mode, asked: 0, under: 0, mostUnder: 0 }
  const changes: DependencyState[] = []
  const fine = () => Promise.resolve()
  const watch = new DependencyWatch({
    probes: {
      kafka: fine,
      registry: fine,
      clickhouse: fine,
      redis: async (signal) => {
        redis.asked += 1
        if (redis.mode === 'refuses') throw new Error('refused')
        if (redis.mode === 'answers') return
        redis.under += 1
        redis.mostUnder = Math.max(redis.mostUnder, redis.under)
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        )
        redis.under -= 1
      },
    },
    lookEveryMs: 5,
    lookTimeoutMs: 20,
    changed: (state) => changes.push(state),
  })
  open.push(watch)
  await watch.start()
  return { watch, redis, changes }
}

it('knows each after the start, and tells of turns only', async () => {
  const { watch, redis, changes } = await setUp()
  expect(watch.away()).toEqual([])
  redis.mode = 'refuses'
  await until('it to be away', () => !watch.isUp('redis'))
  expect(watch.stateOf('redis')).toEqual({ name: 'redis', ok: false, detail: 'refused' })
  expect(watch.away()).toEqual(['redis'])
  expect(watch.away(['kafka'])).toEqual([])
  redis.mode = 'answers'
  await until('it to be up', () => watch.isUp('redis'))
  expect(changes.filter(({ name }) => name === 'redis').map(({ ok }) => ok)).toEqual([
    true,
    false,
    true,
  ])
})

it('takes two silences in a row for away, one at the start, and asks one at a time', async () => {
  const { watch, redis } = await setUp('silent')
  expect(watch.away()).toEqual(['redis'])
  redis.mode = 'answers'
  await until('it to be up', () => watch.isUp('redis'))
  const before = redis.asked
  redis.mode = 'silent'
  await until('a silent look to have begun', () => redis.under > 0)
  await until('it to be away', () => !watch.isUp('redis'))
  expect(redis.asked - before).toBeGreaterThanOrEqual(2)
  expect(watch.stateOf('redis').detail).toBe('no answer in 20 ms')
  expect(redis.mostUnder).toBe(1)
})

it('gives up work as soon as the store turns away, and begins none while it is', async () => {
  const { watch, redis } = await setUp()
  const sorry = (reason: string) => new Error(`away: ${reason}`)
  await expect(watch.whileUp('redis', () => Promise.resolve(7), sorry)).resolves.toBe(7)
  const hanging = watch.whileUp('redis', () => new Promise(() => undefined), sorry)
  redis.mode = 'refuses'
  await expect(hanging).rejects.toThrow('away: refused')
  let began = 0
  const work = () => Promise.resolve((began += 1))
  await expect(watch.whileUp('redis', work, sorry)).rejects.toThrow('away: refused')
  expect(began).toBe(0)
})

it('believes who met a failure until it has looked itself', async () => {
  const { watch } = await setUp()
  watch.failed('redis', new Error('no answer in 1000 ms'))
  expect(watch.away()).toEqual(['redis'])
  await until('a look to find it up', () => watch.isUp('redis'))
})

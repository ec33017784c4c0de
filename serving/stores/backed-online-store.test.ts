import { expect, it } from 'vitest'
import { testVector } from '../../test/support/vectors.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { StoredVector } from '../stored-vector.ts'
import { BackedOnlineStore } from './backed-online-store.ts'
import { FollowedVectors } from './followed-vectors.ts'

const INSTRUMENT = 'EUR_USD'
const NOW_BAR = Math.floor(Date.now() / 60_000) - 2
const TTL_SECONDS = 3_600

function setUp(answer: () => Promise<StoredVector | undefined>, isUp = true) {
  const state = { isUp, reads: 0 }
  const followed = new FollowedVectors()
  const store = new BackedOnlineStore({
    redis: {
      newestVector: () => {
        state.reads += 1
        return answer()
      },
    },
    followed,
    watch: {
      isUp: () => state.isUp,
      failed: () => {
        state.isUp = false
      },
      stateOf: (name) => ({ name, ok: state.isUp, detail: 'refused' }),
    },
    ttlSeconds: TTL_SECONDS,
  })
  return { store, followed, state }
}

const failing = () => Promise.reject(new CandlewireError('STORE_FAILED', 'Redis: no answer'))
const empty = () => Promise.resolve(undefined)

it('answers from Redis, whatever it has followed', async () => {
  const vector = testVector(INSTRUMENT, NOW_BAR)
  const stored = { vector, offset: 7, eventTimeMs: vector.eventTimeMs }
  const { store, followed } = setUp(() => Promise.resolve(stored))
  followed.add(testVector(INSTRUMENT, NOW_BAR - 1), 6)
  expect(await store.newestVector(INSTRUMENT)).toBe(stored)
})

it('answers from memory when Redis fails, and asks it no more until it is found up', async () => {
  const { store, followed, state } = setUp(failing)
  followed.add(testVector(INSTRUMENT, NOW_BAR - 1), 6)
  followed.add(testVector(INSTRUMENT, NOW_BAR), 7)
  expect(await store.newestVector(INSTRUMENT)).toMatchObject({ offset: 7, source: 'memory' })
  expect(await store.newestVector(INSTRUMENT)).toMatchObject({ offset: 7, source: 'memory' })
  expect(state.reads).toBe(1)
  await expect(store.newestVector('GBP_USD')).rejects.toMatchObject({ code: 'STORE_FAILED' })
})

it('fills in for a Redis that came back empty, not for one that forgot in time', async () => {
  const { store, followed } = setUp(empty)
  followed.add(testVector(INSTRUMENT, NOW_BAR), 7)
  followed.add(testVector('GBP_USD', NOW_BAR - TTL_SECONDS / 60), 8)
  expect(await store.newestVector(INSTRUMENT)).toMatchObject({ offset: 7, source: 'memory' })
  expect(await store.newestVector('GBP_USD')).toBeUndefined()
  expect(await store.newestVector('USD_JPY')).toBeUndefined()
})

it('keeps a bounded number of instruments, those with the newest vectors', () => {
  const followed = new FollowedVectors()
  for (let n = 0; n < 100; n += 1) followed.add(testVector(`I_${n}`, NOW_BAR), n)
  expect(followed.size).toBe(64)
  expect(followed.newest('I_35')).toBeUndefined()
  expect(followed.newest('I_36')).toMatchObject({ offset: 36 })
})

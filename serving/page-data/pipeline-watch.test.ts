import type { Admin } from 'kafkajs'
import { expect, it, vi } from 'vitest'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { PipelineWatch } from './pipeline-watch.ts'

/** A broker that tells of every group, until it is away. */
function broker() {
  const said = { isAway: false, connects: 0 }
  const watch = new PipelineWatch(
    {
      connect: () => {
        said.connects += 1
        return Promise.resolve()
      },
      disconnect: () => Promise.resolve(),
    } as Admin,
    {} as PartitionReader,
    () =>
      said.isAway
        ? Promise.reject(new Error('connect ECONNREFUSED'))
        : Promise.resolve({ members: 1, lag: 3, pending: true, committed: 10 }),
  )
  return { said, watch }
}

it('keeps what the broker told last, and says that it is not of now', async () => {
  const { said, watch } = broker()
  expect(watch.unasked('not there')).toMatchObject({ askedAtMs: null, failure: 'not there' })
  const first = await watch.states()
  expect(first).toMatchObject({ failure: null })
  expect(first.groups[0]).toMatchObject({ name: 'features', members: 1, lag: 3, pending: true })
  said.isAway = true
  // Kept for some seconds: many pages ask.
  expect(await watch.states()).toBe(first)
  expect(watch.unasked('away')).toEqual({ ...first, failure: 'away' })
})

it('asks again after a failure, by a new connection', async () => {
  const { said, watch } = broker()
  said.isAway = true
  const failed = await watch.states()
  expect(failed).toMatchObject({ askedAtMs: null, failure: 'connect ECONNREFUSED' })
  expect(failed.groups[0]).toMatchObject({ name: 'features', members: null, lag: null })
  said.isAway = false
  expect(await watch.states()).toBe(failed)
  const now = performance.now()
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 4_001)
  expect(await watch.states()).toMatchObject({ failure: null })
  clock.mockRestore()
  expect(said.connects).toBe(2)
})

import { expect, it } from 'vitest'
import { until } from '../../test/support/kafka-client.ts'
import { StoreKeeper } from './store-keeper.ts'

const quick = { lookEveryMs: 1, pauseAfterFailureMs: 1 }

it('brings a store that ended up again, each time it ends', async () => {
  const missing: string[] = []
  const said: string[] = []
  let brought = 0
  const keeper = new StoreKeeper({
    ...quick,
    missing: () => missing,
    bringUp: () => Promise.resolve((brought += missing.splice(0).length)),
    say: (line) => said.push(line),
  })
  keeper.start()
  missing.push('redis')
  await until('redis to be back', () => brought === 1)
  missing.push('kafka', 'clickhouse')
  await until('both to be back', () => brought === 3)
  await keeper.stop()
  expect(said).toEqual([
    'redis ended and is started again',
    'kafka, clickhouse ended and is started again',
  ])
})

it('tries again when the start failed, and gives up with the cause after five in a row', async () => {
  let attempts = 0
  const keeper = new StoreKeeper({
    ...quick,
    missing: () => ['kafka'],
    bringUp: () => {
      attempts += 1
      return Promise.reject(new Error('port taken'))
    },
    say: () => undefined,
  })
  keeper.start()
  await expect(keeper.failed).rejects.toMatchObject({
    code: 'SERVICE_NOT_READY',
    message: 'kafka did not come up again in 5 attempts: port taken',
  })
  expect(attempts).toBe(5)
  await keeper.stop()
})

it('stops while a start is on its way, and says no failure then', async () => {
  const said: string[] = []
  const keeper = new StoreKeeper({
    ...quick,
    missing: () => ['kafka'],
    bringUp: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      }),
    say: (line) => said.push(line),
  })
  keeper.start()
  await until('the start to begin', () => said.length === 1)
  await keeper.stop()
  expect(said).toEqual(['kafka ended and is started again'])
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  answer,
  OandaServer,
  TEST_ACCOUNT,
  TEST_TOKEN,
} from '../../../test/support/oanda-server.ts'
import { loadConfig } from '../../config.ts'
import { createLogger } from '../../log.ts'
import type { EndedMinute } from './minute-watch.ts'
import { oandaAccess } from './oanda-access.ts'
import { OANDA_TIMEOUTS, OandaClient } from './oanda-client.ts'
import { PriceFollower } from './price-follower.ts'

const T = Date.UTC(2026, 0, 5, 14, 30)
const logger = createLogger({ logLevel: 'silent' }, 'test')

let server: OandaServer
let client: OandaClient
let stopping: AbortController

beforeEach(async () => {
  server = new OandaServer()
  const base = await server.listen()
  const config = loadConfig({
    OANDA_TOKEN: TEST_TOKEN,
    OANDA_ACCOUNT: TEST_ACCOUNT,
    OANDA_STREAM_URL: base,
  })
  client = new OandaClient(oandaAccess(config), undefined, { ...OANDA_TIMEOUTS, silenceMs: 500 })
  stopping = new AbortController()
})
afterEach(async () => {
  stopping.abort()
  await client.close()
  await server.close()
})

describe('PriceFollower', () => {
  it('connects again after whatever ends the stream, and tells of ended minutes', async () => {
    const minutes: EndedMinute[] = []
    const follower = new PriceFollower({
      client,
      instruments: ['SPX500_USD'],
      logger,
      onMinute: (minute) => minutes.push(minute),
      backOff: { firstMs: 5, maxMs: 20 },
    })
    server.streamFaults.push(answer(503, ''), answer(429, '', { 'retry-after': '0' }))
    expect(follower.isAlive()).toBe(false)
    const running = follower.run(stopping.signal)
    const connected = (times: number) =>
      vi.waitFor(
        () => expect([server.openStreams, server.streamsOpened >= times]).toEqual([1, true]),
        { interval: 5, timeout: 5_000 },
      )
    await connected(3)
    server.price('SPX500_USD', T + 1_000)
    server.heartbeat(T + 60_500)
    await vi.waitFor(() => expect(minutes).toHaveLength(1), { interval: 5 })
    expect(follower.isAlive()).toBe(true)
    const opened = server.streamsOpened
    server.cutStreams()
    await connected(opened + 1)
    // Silence from here: the connection is given up and another one opened.
    await connected(opened + 3)
    server.price('SPX500_USD', T + 61_000)
    server.heartbeat(T + 121_000)
    await vi.waitFor(() => expect(minutes).toHaveLength(2), { interval: 5 })
    expect(minutes.map(({ openTimeMs }) => openTimeMs)).toEqual([T, T + 60_000])
    stopping.abort()
    await running
    expect(follower.isAlive()).toBe(false)
  })

  it('does not press a server that refuses it', async () => {
    const warnings: object[] = []
    const follower = new PriceFollower({
      client,
      instruments: ['SPX500_USD'],
      logger: { warn: (fields: object) => warnings.push(fields) } as unknown as typeof logger,
      onMinute: () => undefined,
      backOff: { firstMs: 5, maxMs: 20 },
    })
    server.streamFaults.push(answer(401, '{"errorMessage":"no"}'))
    const running = follower.run(stopping.signal)
    await vi.waitFor(() => expect(warnings).toHaveLength(1), { interval: 5 })
    expect(warnings[0]).toMatchObject({ code: 'SOURCE_REFUSED', waitMs: 300_000 })
    stopping.abort()
    await running
    expect(server.streamsOpened).toBe(1)
  })
})

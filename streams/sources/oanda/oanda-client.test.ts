import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  answer,
  oandaCandle,
  OandaServer,
  TEST_ACCOUNT,
  TEST_TOKEN,
} from '../../../test/support/oanda-server.ts'
import { loadConfig } from '../../config.ts'
import type { CandlewireError } from '../../errors.ts'
import { oandaAccess } from './oanda-access.ts'
import { OandaClient } from './oanda-client.ts'
import type { PriceEvent } from './price-event.ts'

const T = Date.UTC(2026, 0, 5, 14, 30)
const TIMEOUTS = { connectMs: 2_000, headersMs: 300, gapMs: 300, pageMs: 600, silenceMs: 300 }
const { signal } = new AbortController()
const PAGE = { instrument: 'SPX500_USD', fromMs: T, includesFirst: true }

let server: OandaServer
let client: OandaClient
let base: string

function clientWith(environment: Record<string, string> = {}): OandaClient {
  const config = loadConfig({
    OANDA_TOKEN: TEST_TOKEN,
    OANDA_ACCOUNT: TEST_ACCOUNT,
    OANDA_REST_URL: base,
    OANDA_STREAM_URL: base,
    ...environment,
  })
  return new OandaClient(oandaAccess(config), undefined, TIMEOUTS)
}

beforeEach(async () => {
  server = new OandaServer()
  base = await server.listen()
  client = clientWith()
  server.candles.set('SPX500_USD', [oandaCandle(T), oandaCandle(T + 60_000)])
})
afterEach(async () => {
  await client.close()
  await server.close()
})

async function failureOf(work: Promise<unknown>): Promise<CandlewireError> {
  const outcome: unknown = await work.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  )
  const failure = outcome as CandlewireError
  const all = `${failure.message} ${JSON.stringify(failure.details)} ${String(failure.stack)}`
  expect(all).not.toContain(TEST_TOKEN)
  expect(all).not.toContain(TEST_ACCOUNT)
  expect(failure.cause).toBeUndefined()
  return failure
}

describe('candles', () => {
  it('come as they are, with the query that pages through them', async () => {
    expect(await client.candles(PAGE, signal)).toEqual(server.candles.get('SPX500_USD'))
    expect(await client.candles({ ...PAGE, includesFirst: false }, signal)).toHaveLength(1)
    expect(server.asked).toEqual([
      { instrument: 'SPX500_USD', from: '2026-01-05T14:30:00.000Z', includeFirst: 'true' },
      { instrument: 'SPX500_USD', from: '2026-01-05T14:30:00.000Z', includeFirst: 'false' },
    ])
  })

  it.each([
    [
      'a wrong token',
      answer(401, '{"errorMessage":"Insufficient authorization"}'),
      /OANDA_TOKEN.*401: Insufficient/,
    ],
    ['a forbidden account', answer(403, '{"errorMessage":"No"}'), /does not allow the token/],
    [
      'an unknown instrument',
      answer(404, '{"errorMessage":"x"}'),
      /does not know the instrument SPX500_USD/,
    ],
    [
      'an invalid instrument',
      answer(400, `{"errorMessage":"Invalid value specified for 'instrument'"}`),
      /does not know the instrument/,
    ],
    [
      'another bad request',
      answer(400, '{"errorMessage":"Maximum value for \'count\' exceeded"}'),
      /refuses.*count/,
    ],
    ['a redirect', answer(302, '', { location: 'http://127.0.0.1:9/' }), /redirects/],
  ])('are refused for %s', async (_, fault, message) => {
    server.faults.push(fault)
    const failure = await failureOf(client.candles(PAGE, signal))
    expect(failure).toMatchObject({ code: 'SOURCE_REFUSED', retryable: false })
    expect(failure.message).toMatch(message)
  })

  it('are refused to another token', async () => {
    const other = clientWith({ OANDA_TOKEN: 'other-token-1' })
    const failure = await failureOf(other.candles(PAGE, signal))
    expect(failure).toMatchObject({
      code: 'SOURCE_REFUSED',
      message: expect.stringMatching(/401/) as string,
    })
    await other.close()
  })

  it.each([
    ['429', answer(429, '', { 'retry-after': '7' }), 7_000],
    ['429 without a time', answer(429, ''), undefined],
    ['503', answer(503, 'maintenance', { 'retry-after': '86400' }), 300_000],
    ['500', answer(500, '<html>'), undefined],
  ])('are to be asked for again after %s', async (_, fault, retryAfterMs) => {
    server.faults.push(fault)
    const failure = await failureOf(client.candles(PAGE, signal))
    expect(failure).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true })
    expect(failure.details['retryAfterMs']).toBe(retryAfterMs)
  })

  it.each([
    ['JSON that breaks off', (body: string) => answer(200, body.slice(0, -20))],
    ['no JSON', () => answer(200, '<html>login</html>')],
    [
      'candles of another instrument',
      (body: string) => answer(200, body.replace('SPX500_USD', 'EUR_USD')),
    ],
    ['candles of another length', (body: string) => answer(200, body.replace('M1', 'S5'))],
    ['no candles', () => answer(200, '{"instrument":"SPX500_USD","granularity":"M1"}')],
    ['an endless answer', () => answer(200, ' '.repeat(17 * 1024 * 1024))],
  ])('are no candles if they are %s', async (_, fault) => {
    server.faults.push((response, body) => fault(body)(response, body))
    const failure = await failureOf(client.candles(PAGE, signal))
    expect(failure.code).toBe('SOURCE_UNAVAILABLE')
  })

  it.each([
    ['before the headers', 'no answer'],
    ['inside the body', 'stall'],
    ['byte by byte', 'drip'],
    ['with the connection', 'cut'],
  ])('do not keep anybody waiting that stops %s', async (_, kind) => {
    let timer: NodeJS.Timeout | undefined
    server.faults.push((response, body) => {
      if (kind === 'no answer') return
      response.writeHead(200, { 'content-length': String(body.length) })
      response.write(body.slice(0, 50))
      if (kind === 'cut') setImmediate(() => response.destroy())
      let at = 50
      if (kind === 'drip') timer = setInterval(() => response.write(body.slice(at, ++at)), 50)
    })
    const begin = performance.now()
    expect((await failureOf(client.candles(PAGE, signal))).code).toBe('SOURCE_UNAVAILABLE')
    expect(performance.now() - begin).toBeLessThan(3_000)
    clearInterval(timer)
    expect(await client.candles(PAGE, signal)).toHaveLength(2)
  })

  it('come from a server that closes every connection, too', async () => {
    const many = Array.from({ length: 4_000 }, (_, index) => oandaCandle(T + index * 60_000))
    server.candles.set('SPX500_USD', many)
    for (let request = 0; request < 5; request += 1) {
      server.faults.push((response, body) =>
        response.writeHead(200, { connection: 'close' }).end(body),
      )
      expect(await client.candles(PAGE, signal)).toHaveLength(4_000)
    }
  })

  it('are none yet where OANDA has not reached the time', async () => {
    server.faults.push(
      answer(400, `{"errorMessage":"Invalid value specified for 'from'. Time is in the future"}`, {
        date: 'Mon, 05 Jan 2026 14:29:00 GMT',
      }),
    )
    expect(await client.candles(PAGE, signal)).toEqual([])
    expect(Math.abs(client.clock.nowMs() - (T - 60_000))).toBeLessThan(1_000)
  })

  it('do not show the token even if the server writes it back', async () => {
    server.faults.push(
      answer(500, `{"errorMessage":"Bearer ${TEST_TOKEN} of ${TEST_ACCOUNT} \\u001b[31m"}`),
    )
    const { message } = await failureOf(client.candles(PAGE, signal))
    expect(message).toContain('Bearer (token) of (account)')
  })

  it('are not waited for after an abort', async () => {
    const controller = new AbortController()
    server.faults.push(() => controller.abort())
    await failureOf(client.candles(PAGE, controller.signal))
  })
})

describe('prices', () => {
  async function listen(during: (events: PriceEvent[]) => Promise<void> | void) {
    const events: PriceEvent[] = []
    const ended = failureOf(client.prices(['SPX500_USD'], signal, (event) => events.push(event)))
    await vi.waitFor(() => expect(server.openStreams).toBe(1), { interval: 5 })
    await during(events)
    return { events, failure: await ended }
  }

  it('are events, whatever else is in the stream and however it is cut', async () => {
    const { events, failure } = await listen(async (sofar) => {
      server.tell(
        '{"type":"SOMETHING"}\nnot json\n{"type":"PRICE","time":"never","instrument":"X"}\n',
      )
      for (const letter of '{"type":"HEARTBEAT","time":"2026-01-05T14:30:07.5Z"}\n')
        server.tell(letter)
      server.price('SPX500_USD', T + 8_000)
      await vi.waitFor(() => expect(sofar).toHaveLength(2), { interval: 5 })
      server.cutStreams()
    })
    expect(events).toEqual([
      { kind: 'heartbeat', timeMs: T + 7_500 },
      { kind: 'price', instrument: 'SPX500_USD', timeMs: T + 8_000 + 0.123456 },
    ])
    expect(failure.code).toBe('SOURCE_UNAVAILABLE')
    expect(Math.abs(client.clock.nowMs() - (T + 7_500))).toBeLessThan(2_000)
  })

  it('are given up when silent, even if something else comes', async () => {
    let timer: NodeJS.Timeout | undefined
    const { failure } = await listen(() => {
      timer = setInterval(() => server.tell('\n'), 20)
    })
    clearInterval(timer)
    expect(failure.message).toMatch(/no price or heartbeat within 300 ms/)
  })

  it.each([
    [401, /OANDA_TOKEN/],
    [403, /OANDA_ACCOUNT/],
    [404, /OANDA_ACCOUNT/],
  ])('are refused with %i', async (status, message) => {
    server.streamFaults.push(answer(status, '{"errorMessage":"no"}'))
    const failure = await failureOf(client.prices(['SPX500_USD'], signal, () => undefined))
    expect(failure.code).toBe('SOURCE_REFUSED')
    expect(failure.message).toMatch(message)
  })
})

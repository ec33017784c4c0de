/** The streams over real sockets, with a client that stops reading. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { until } from '../../test/support/kafka-client.ts'
import { demoServer, type DemoServer } from '../../test/support/demo-server.ts'

let demo: DemoServer | undefined
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await demo?.close()
})

async function listen(): Promise<URL> {
  demo = await demoServer({ withModel: true })
  return new URL(await demo.app.listen({ host: '127.0.0.1', port: 0 }))
}

const metric = async (url: URL, line: string): Promise<boolean> =>
  (await (await fetch(new URL('/metrics', url))).text()).includes(line)

/** Asks for a stream over a bare socket and never reads the answer. */
async function deafClient(url: URL, headers: readonly string[], path: string): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname)
  sockets.push(socket)
  await new Promise((resolve) => socket.on('connect', resolve))
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\n${headers.join('\r\n')}\r\n\r\n`)
  return socket
}

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

describe('the streams', () => {
  it.each([
    ['websocket', UPGRADE, '/ws/market-stream'],
    ['sse', ['Accept: text/event-stream'], '/sse/market-stream'],
  ])(
    'drop a %s client that does not read, while another one gets everything',
    async (transport, headers, path) => {
      const url = await listen()
      const fast = new WebSocket(new URL('/ws/market-stream', url).href.replace('http', 'ws'))
      let got = 0
      fast.on('message', () => {
        got += 1
      })
      await new Promise((resolve) => fast.on('open', resolve))
      await deafClient(url, headers, path)
      await until(
        'both to be connected',
        async () =>
          (await metric(url, 'candlewire_stream_clients{transport="websocket"} 2')) ||
          (await metric(url, 'candlewire_stream_clients{transport="sse"} 1')),
      )
      let bars = 0
      const dropped = `candlewire_stream_clients_dropped_total{transport="${transport}"} 1`
      while (!(await metric(url, dropped))) {
        demo?.advance(500)
        bars += 500
        expect(bars).toBeLessThan(100_000)
      }
      await until('the other client to have everything', () => got >= 2 * bars + 1)
      // A candle and a prediction of each bar, after the greeting.
      expect(got).toBe(2 * bars + 1)
      fast.close()
    },
  )

  it('greet a new client with the newest predictions, then send the types and the instrument it asks for', async () => {
    const url = await listen()
    demo?.advance(200)
    const follow = async (query: string): Promise<Record<string, unknown>[]> => {
      const { socket, events } = webSocket(url, query)
      await once(socket, 'open')
      return events
    }
    const predictions = await follow('types=prediction')
    const candles = await follow('types=candle')
    const foreign = await follow('instrument=XAU_USD')
    await until('the greetings', () =>
      [predictions, candles, foreign].every(({ length }) => length === 1),
    )
    demo?.advance(1)
    await until('the news', () => predictions.length === 2 && candles.length === 2)
    expect([predictions, candles, foreign].map((events) => events.map(({ type }) => type))).toEqual(
      [['hello', 'prediction'], ['hello', 'candle'], ['hello']],
    )
    expect(predictions[0]?.['newest']).toHaveLength(50)
    expect([candles[0]?.['newest'], foreign[0]?.['newest']]).toEqual([[], []])
    expect(predictions[0]?.['position']).toMatch(/^1-c\./)
  })

  it('let a WebSocket choose by messages, and go on from a position', async () => {
    const url = await listen()
    const { socket, events } = webSocket(url, 'types=none')
    await once(socket, 'open')
    const say = (order: object): void => socket.send(JSON.stringify(order))
    const last = (type: string) => events.filter((event) => event['type'] === type).at(-1)
    await until('the greeting', () => events.length === 1)
    const start = events[0]?.['position']
    demo?.advance(3)
    say({ action: 'subscribe', types: ['candle'], instruments: ['SPX500_USD'] })
    await until('the subscription', () => last('subscribed') !== undefined)
    expect(last('subscribed')).toMatchObject({ subscription: { candle: ['SPX500_USD'] } })
    demo?.advance(1)
    await until('the candle', () => last('candle') !== undefined)
    expect(events.filter(({ type }) => type === 'candle').length).toBe(1)
    say({ action: 'unsubscribe' })
    say({ action: 'ping' })
    await until('the pong', () => last('pong') !== undefined)
    demo?.advance(1)
    say({ action: 'subscribe', types: ['candle'], position: start })
    // The position is from before the first candle: its topic was not known yet, so it counts from now.
    const before = last('candle')?.['position']
    say({ action: 'subscribe', types: ['prediction'], position: before })
    await until('the missed one', () => last('prediction') !== undefined)
    const offsets = events
      .filter(({ type }) => type === 'candle')
      .map(({ offset }) => Number(offset))
    expect(offsets.at(-1)).toBe((offsets[0] ?? 0) + 1)
    socket.close()
  })

  it('refuse a position that is none, before anything is streamed', async () => {
    const url = await listen()
    const byHeader = await fetch(new URL('/sse/market-stream', url), {
      headers: { 'last-event-id': '17' },
    })
    const byQuery = await fetch(new URL('/sse/market-stream?position=17', url))
    for (const answer of [byHeader, byQuery])
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { error: { code: 'REQUEST_INVALID' } },
      ])
  })

  it('reach a thousand clients of both kinds, and tell them when the server ends', async () => {
    const url = await listen()
    const clients = Array.from({ length: 1_000 }, () => webSocket(url, 'types=candle'))
    await Promise.all(clients.map(({ socket }) => once(socket, 'open')))
    await until('all greetings', () => clients.every(({ events }) => events.length === 1))
    demo?.advance(20)
    await until('all candles', () => clients.every(({ events }) => events.length === 21))
    const one = clients.map(({ events }) => events.map(({ offset }) => offset).join())
    expect(new Set(one).size).toBe(1)
    const sse = await fetch(new URL('/sse/market-stream', url))
    const closed = Promise.all(clients.map(({ socket }) => once(socket, 'close')))
    await demo?.close()
    demo = undefined
    expect(new Set((await closed).map(([code]) => code as number))).toEqual(new Set([1001]))
    expect(clients[0]?.events.at(-1)).toEqual({ type: 'closing', reason: 'shutting_down' })
    expect(await sse.text()).toContain(
      'event: closing\ndata: {"type":"closing","reason":"shutting_down"}',
    )
  })
})

function webSocket(
  url: URL,
  query: string,
): { socket: WebSocket; events: Record<string, unknown>[] } {
  const socket = new WebSocket(
    new URL(`/ws/market-stream?${query}`, url).href.replace('http', 'ws'),
  )
  const events: Record<string, unknown>[] = []
  socket.on('message', (data: Buffer) =>
    events.push(JSON.parse(data.toString()) as Record<string, unknown>),
  )
  return { socket, events }
}

/** The streams over real sockets, with a client that stops reading. */
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
      await until('the other client to have everything', () => got >= 2 * bars - 30)
      expect(got).toBe(2 * bars - 30)
      fast.close()
    },
  )

  it('send the newest predictions to a new client, of the types and the instrument it asks for', async () => {
    const url = await listen()
    demo?.advance(200)
    const follow = async (query: string): Promise<string[]> => {
      const socket = new WebSocket(
        new URL(`/ws/market-stream?${query}`, url).href.replace('http', 'ws'),
      )
      const types: string[] = []
      socket.on('message', (data: Buffer) =>
        types.push((JSON.parse(data.toString()) as { type: string }).type),
      )
      await new Promise((resolve) => socket.on('open', resolve))
      return types
    }
    const predictions = await follow('types=prediction')
    const prices = await follow('types=price')
    const foreign = await follow('instrument=XAU_USD')
    await until('the welcome', () => predictions.length === 50)
    demo?.advance(1)
    await until('the news', () => predictions.length === 51 && prices.length === 1)
    expect([new Set(predictions), prices, foreign]).toEqual([
      new Set(['prediction']),
      ['price'],
      [],
    ])
  })
})

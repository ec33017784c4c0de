/**
 * Streams on the real broker: clients whose connections are cut anywhere, on to another server, while a
 * server ends and a new one starts, get exactly the records of the topic, in order.
 */
import { EventSource } from 'eventsource'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import type { Candle } from '../../schemas/generated.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import { candlesTopic } from '../../streams/topics.ts'
import { choppyProxy, type ChoppyProxy } from '../support/choppy-proxy.ts'
import { readSettledTopic, testClients, until, readyCodecs } from '../support/kafka-client.ts'

const { config, logger, kafka, reader } = testClients()
const run = randomUUID().slice(0, 8)
const instrument = `STREAMED_${run}`
const RECORDS = 3_000
const producer = createProducer(kafka)
const servers: RunningServer[] = []
let proxy: ChoppyProxy
let codecs: Codecs

/** A linear congruential generator: the same cuts in every run. */
let state = 20_260_101
const random = (): number => {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
  return state / 2_147_483_648
}

const portsOf = (): number[] => servers.map(({ url }) => Number(new URL(url).port))
const start = async (): Promise<void> => {
  const modelName = `none_${run}`
  servers.push(
    await startServer({ config: { ...config, httpPort: 0 }, kafka, codecs, logger, modelName }),
  )
}

const candle = (minute: number): Candle => ({
  instrument,
  openTimeMs: minute * 60_000,
  open: 1,
  high: 1,
  low: 1,
  close: minute,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: minute,
})

async function send(from: number, to: number): Promise<void> {
  const codec = codecs.of(candlesTopic)
  const messages = Array.from({ length: to - from }, (_, n) => ({
    key: instrument,
    value: codec.encode(candle(from + n)),
  }))
  await producer.send({ topic: candlesTopic.name, messages })
}

interface Received {
  readonly closes: number[]
  readonly greetings: string[]
  readonly stop: () => void
}

const query = `types=candle&instrument=${instrument}`

function bySse(port: number): Received {
  const source = new EventSource(`http://127.0.0.1:${port}/sse/market-stream?${query}`)
  const [closes, greetings]: [number[], string[]] = [[], []]
  source.addEventListener('candle', ({ data }: { data: string }) =>
    closes.push((JSON.parse(data) as Candle).close),
  )
  source.addEventListener('hello', ({ data }: { data: string }) => greetings.push(data))
  return { closes, greetings, stop: () => source.close() }
}

function byWebSocket(port: number): Received {
  const [closes, greetings]: [number[], string[]] = [[], []]
  let position: string | undefined
  let socket: WebSocket
  let isStopped = false
  const open = (): void => {
    const from = position === undefined ? '' : `&position=${position}`
    socket = new WebSocket(`ws://127.0.0.1:${port}/ws/market-stream?${query}${from}`)
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as Candle & { type: string; position?: string }
      position = event.position ?? position
      if (event.type === 'candle') closes.push(event.close)
      if (event.type === 'hello') greetings.push(data.toString())
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (!isStopped) open()
    })
  }
  open()
  return {
    closes,
    greetings,
    stop: () => {
      isStopped = true
      socket.terminate()
    },
  }
}

beforeAll(async () => {
  codecs = await readyCodecs(config, kafka)
  await Promise.all([producer.connect(), reader.connect()])
  await Promise.all([start(), start()])
  proxy = await choppyProxy(portsOf, 150_000, random)
})

afterAll(async () => {
  await proxy.close()
  await Promise.all(servers.map((server) => server.stop()))
  await Promise.all([producer.disconnect(), reader.disconnect()])
})

describe('the streams', () => {
  it('miss nothing and repeat nothing, whatever is cut and whichever server goes on', async () => {
    const received = [bySse(proxy.port), byWebSocket(proxy.port)]
    // The first connection may be cut before it says where it stands: then it begins anew.
    await until('both to be greeted', () => received.every(({ greetings }) => greetings.length > 0))
    await send(0, 1_000)
    await until('some', () => received.every(({ closes }) => closes.length > 500))
    const [stopped] = servers.splice(0, 1)
    await stopped?.stop()
    await send(1_000, 2_000)
    await start()
    await send(2_000, RECORDS)
    await until('most', () => received.every(({ closes }) => closes.length >= RECORDS - 500))
    proxy.calm()
    await until('all', () => received.every(({ closes }) => closes.length >= RECORDS))
    for (const { stop } of received) stop()

    const codec = codecs.of(candlesTopic)
    const inTopic = (await readSettledTopic(reader, candlesTopic.name))
      .flat()
      .filter(({ key }) => key?.toString() === instrument)
      .map(({ value }) => codec.decode(value).close)
    expect(inTopic).toEqual(Array.from({ length: RECORDS }, (_, n) => n))
    for (const { closes } of received) expect(closes).toEqual(inTopic)
    expect(proxy.cuts()).toBeGreaterThan(4)
  })

  it('go on from far behind after a restart, from the log', async () => {
    const socket = new WebSocket(
      `${servers.at(-1)?.url.replace('http', 'ws')}/ws/market-stream?${query}&position=1-c.0`,
    )
    const closes: number[] = []
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as Candle & { type: string }
      if (event.type === 'candle') closes.push(event.close)
    })
    await until('all', () => closes.length >= RECORDS)
    socket.terminate()
    expect(closes).toEqual(Array.from({ length: RECORDS }, (_, n) => n))
  })
})

/**
 * OANDA v20 on loopback, as far as this project asks it: candles with `from`, `count` and
 * `includeFirst`, and the price stream. Answers have the shapes of OANDA's reference; faults can be put
 * in front of them.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { positionNoise } from './synthetic-dataset.ts'

export const TEST_TOKEN = '0123456789abcdef-fedcba9876543210'
export const TEST_ACCOUNT = '101-004-1234567-001'

export interface OandaCandle {
  readonly time: string
  readonly complete: boolean
  readonly [field: string]: unknown
}

const MINUTE_MS = 60_000
/** More than any test goes back from now, and on from it. */
const WALK_MINUTES = 60_000
const WALK_FROM = Math.floor(Date.now() / MINUTE_MS) - WALK_MINUTES / 2

/** A walk that nothing foretells: a model of it has to be trained without a suspicion of a leak. */
const WALK = (() => {
  let price = 5_000
  return Float64Array.from({ length: WALK_MINUTES }, (_, minute) => {
    price += 2 * positionNoise(minute)
    return price
  })
})()

/** A candle of price=MBA; the same minute has the same prices within a run. */
export function oandaCandle(openTimeMs: number, more: Record<string, unknown> = {}): OandaCandle {
  const base = WALK[openTimeMs / MINUTE_MS - WALK_FROM] ?? 5_000
  const prices = (shift: number) => ({
    o: (base + shift).toFixed(1),
    h: (base + 2 + shift).toFixed(1),
    l: (base - 1 + shift).toFixed(1),
    c: (base + 1 + shift).toFixed(1),
  })
  return {
    complete: true,
    volume: 40,
    time: new Date(openTimeMs).toISOString().replace('Z', '000000Z'),
    bid: prices(-0.2),
    mid: prices(0),
    ask: prices(0.2),
    ...more,
  }
}

export type Fault = (response: ServerResponse, body: string) => void

export const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Fault =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)

export class OandaServer {
  readonly candles = new Map<string, OandaCandle[]>()
  /** Each is the answer to one request for candles, in order; without any, the candles are. */
  readonly faults: Fault[] = []
  readonly streamFaults: Fault[] = []
  /** Queries of the requests for candles, in order. */
  readonly asked: { instrument: string; from: string; includeFirst: string }[] = []
  /** Candles in one answer at most, whatever is asked for. */
  pageMax = 5_000
  streamsOpened = 0
  private readonly streams = new Set<ServerResponse>()
  private readonly sockets = new Set<Socket>()
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => this.take(request, response))
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get openStreams(): number {
    return this.streams.size
  }

  /** Writes a line, or any text, to every open stream. */
  tell(text: string): void {
    for (const stream of this.streams) stream.write(text)
  }

  price(instrument: string, timeMs: number): void {
    const time = new Date(timeMs).toISOString().replace('Z', '123456Z')
    const side = (price: string) => [{ price, liquidity: 10_000_000 }]
    this.tell(
      `${JSON.stringify({ type: 'PRICE', time, bids: side('5000.1'), asks: side('5000.5'), closeoutBid: '5000.1', closeoutAsk: '5000.5', status: 'tradeable', tradeable: true, instrument })}\n`,
    )
  }

  heartbeat(timeMs: number): void {
    const time = new Date(timeMs).toISOString().replace('Z', '000000Z')
    this.tell(`${JSON.stringify({ type: 'HEARTBEAT', time })}\n`)
  }

  cutStreams(): void {
    for (const stream of this.streams) stream.destroy()
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://oanda')
    if (request.headers.authorization !== `Bearer ${TEST_TOKEN}`)
      return answer(401, '{"errorMessage":"Insufficient authorization to perform request."}')(
        response,
        '',
      )
    const candles = /^\/v3\/instruments\/([^/]+)\/candles$/.exec(url.pathname)
    if (candles !== null)
      return this.page(decodeURIComponent(candles[1] ?? ''), url.searchParams, response)
    if (url.pathname === `/v3/accounts/${TEST_ACCOUNT}/pricing/stream`) return this.stream(response)
    answer(404, '{"errorMessage":"Not found"}')(response, '')
  }

  private page(instrument: string, query: URLSearchParams, response: ServerResponse): void {
    const [from, includeFirst] = [query.get('from') ?? '', query.get('includeFirst') ?? 'true']
    this.asked.push({ instrument, from, includeFirst })
    const all = this.candles.get(instrument)
    if (all === undefined)
      return answer(400, `{"errorMessage":"Invalid value specified for 'instrument'"}`)(
        response,
        '',
      )
    const fromMs = Date.parse(from)
    const count = Math.min(Number(query.get('count')), this.pageMax)
    const page = all
      .filter(({ time }) =>
        includeFirst === 'true' ? Date.parse(time) >= fromMs : Date.parse(time) > fromMs,
      )
      .slice(0, count)
    const body = JSON.stringify({ instrument, granularity: 'M1', candles: page })
    const fault = this.faults.shift() ?? answer(200, body)
    fault(response, body)
  }

  private stream(response: ServerResponse): void {
    this.streamsOpened += 1
    const fault = this.streamFaults.shift()
    if (fault !== undefined) return fault(response, '')
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    response.flushHeaders()
    this.streams.add(response)
    response.on('close', () => this.streams.delete(response))
  }
}

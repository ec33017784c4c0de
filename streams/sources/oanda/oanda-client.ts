/**
 * The two requests this project makes of OANDA v20: a page of candles, and the stream of prices.
 *
 * Every wait has a limit: connecting, headers, each gap in a body, the whole of a page, and the silence
 * of the stream, which has a heartbeat every 5 s. Redirects are not followed, so the token goes to the
 * configured address only.
 */
import { Agent } from 'undici'
import { CandlewireError } from '../../errors.ts'
import { networkCause } from '../http/network-cause.ts'
import { unpausedRequest, type UnpausedAnswer } from '../http/unpaused-request.ts'
import { withLimit } from '../http/with-limit.ts'
import { LineFramer } from '../line-framer.ts'
import type { OandaAccess } from './oanda-access.ts'
import { answerFailure, candlesOf, isTooEarly, unavailable, type Asked } from './oanda-answer.ts'
import { priceEvent, PRICE_LINE_BYTES_MAX, type PriceEvent } from './price-event.ts'
import { ServerClock } from './server-clock.ts'

/** Most candles OANDA gives in one answer. */
export const PAGE_CANDLES_MAX = 5_000
/** 5,000 candles with mid, bid and ask are about 1.4 MB. */
const BODY_BYTES_MAX = 16 * 1024 * 1024
const ERROR_BODY_BYTES_MAX = 16_384
const CONNECTIONS_MAX = 2

export const OANDA_TIMEOUTS = {
  connectMs: 10_000,
  headersMs: 20_000,
  /** Longest gap inside a body. */
  gapMs: 15_000,
  /** A whole page. */
  pageMs: 90_000,
  /** Three heartbeats. */
  silenceMs: 15_000,
} as const
export type OandaTimeouts = { readonly [K in keyof typeof OANDA_TIMEOUTS]: number }

export interface PageRequest {
  readonly instrument: string
  /** Start of the first minute wanted, or of the last one known, Unix ms. */
  readonly fromMs: number
  /** Whether the minute at `fromMs` itself is wanted. */
  readonly includesFirst: boolean
}

export class OandaClient {
  readonly clock: ServerClock
  private readonly access: OandaAccess
  private readonly timeouts: OandaTimeouts
  private readonly agent: Agent

  constructor(
    access: OandaAccess,
    clock = new ServerClock(),
    timeouts = OANDA_TIMEOUTS as OandaTimeouts,
  ) {
    this.access = access
    this.clock = clock
    this.timeouts = timeouts
    this.agent = new Agent({
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.gapMs,
      connections: CONNECTIONS_MAX,
    })
  }

  /**
   * The oldest candles behind a time, as they came, at most {@link PAGE_CANDLES_MAX}.
   * @throws CandlewireError SOURCE_REFUSED, SOURCE_UNAVAILABLE
   */
  candles(
    { instrument, fromMs, includesFirst }: PageRequest,
    signal: AbortSignal,
  ): Promise<unknown[]> {
    const asked: Asked = { of: this.access.restUrl, what: 'candles', instrument }
    const query = new URLSearchParams({
      granularity: 'M1',
      price: 'MBA',
      from: new Date(fromMs).toISOString(),
      count: String(PAGE_CANDLES_MAX),
      includeFirst: String(includesFirst),
    })
    const url = `${this.access.restUrl}/v3/instruments/${encodeURIComponent(instrument)}/candles?${query.toString()}`
    return this.guarded(asked, () =>
      withLimit(signal, this.timeouts.pageMs, 'whole answer', async ({ limit }) => {
        const response = await this.get(url, limit)
        const isOk = response.status === 200
        const body = await textOf(response.body, isOk ? BODY_BYTES_MAX : ERROR_BODY_BYTES_MAX, isOk)
        if (isOk) return candlesOf(body, asked)
        const answer = answerOf(response, body)
        if (isTooEarly(answer)) return []
        throw answerFailure(answer, asked, this.clock.nowMs())
      }),
    )
  }

  /**
   * Hands over prices and heartbeats until the connection ends, falls silent or is aborted, each of
   * which it throws.
   * @throws CandlewireError SOURCE_REFUSED, SOURCE_UNAVAILABLE
   */
  prices(
    instruments: readonly string[],
    signal: AbortSignal,
    onEvent: (event: PriceEvent) => void,
  ): Promise<never> {
    const listed = instruments.join(',')
    const asked: Asked = { of: this.access.streamUrl, what: 'price stream', instrument: listed }
    const query = new URLSearchParams({ instruments: listed, snapshot: 'true' })
    const account = encodeURIComponent(this.access.account ?? '')
    const url = `${this.access.streamUrl}/v3/accounts/${account}/pricing/stream?${query.toString()}`
    return this.guarded(asked, () =>
      withLimit(signal, this.timeouts.silenceMs, 'price or heartbeat', async (waiting) => {
        const response = await this.get(url, waiting.limit)
        if (response.status !== 200) {
          const body = await textOf(response.body, ERROR_BODY_BYTES_MAX, false)
          throw answerFailure(answerOf(response, body), asked, this.clock.nowMs())
        }
        for await (const line of linesOf(response.body)) {
          const event = priceEvent(line)
          if (event === undefined) continue
          waiting.restart()
          // A price may be the last one of Friday; a heartbeat is now.
          if (event.kind === 'heartbeat') this.clock.observe(event.timeMs)
          onEvent(event)
        }
        throw new Error('the connection ended')
      }),
    )
  }

  async close(): Promise<void> {
    await this.agent.destroy()
  }

  private async get(url: string, signal: AbortSignal): Promise<UnpausedAnswer> {
    const response = await unpausedRequest(url, {
      dispatcher: this.agent,
      signal,
      bytesMax: BODY_BYTES_MAX,
      headers: {
        authorization: `Bearer ${this.access.token}`,
        'accept-datetime-format': 'RFC3339',
        accept: 'application/json',
        'accept-encoding': 'identity',
      },
    })
    this.clock.observe(Date.parse(response.header('date') ?? ''))
    return response
  }

  /** Whatever goes wrong inside becomes an error of the table, without token and account in it. */
  private async guarded<Result>(asked: Asked, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (thrown) {
      const { redact } = this.access
      if (!(thrown instanceof CandlewireError))
        throw unavailable(asked, redact(networkCause(thrown)))
      throw new CandlewireError(thrown.code, redact(thrown.message), {
        details: { ...thrown.details },
      })
    }
  }
}

const answerOf = (response: UnpausedAnswer, body: string) => ({
  status: response.status,
  retryAfter: response.header('retry-after'),
  body,
})

/** @param isWhole whether a longer body is a failure; else only its beginning is read */
async function textOf(
  body: AsyncIterable<Buffer>,
  bytesMax: number,
  isWhole: boolean,
): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of body) {
    parts.push(part)
    length += part.length
    if (length <= bytesMax) continue
    if (isWhole) throw new Error(`an answer of more than ${bytesMax} bytes`)
    break
  }
  return Buffer.concat(parts).subarray(0, bytesMax).toString('utf8')
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const framer = new LineFramer(PRICE_LINE_BYTES_MAX)
  for await (const chunk of body)
    for (const { bytes } of framer.push(chunk)) yield bytes.toString('utf8')
}

/**
 * Keeps the price stream open: connects again after whatever ended it, with growing pauses, and tells
 * of ended minutes. It never fails: without it candles are polled by the clock, a little later.
 */
import { CandlewireError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import { pause } from '../../pause.ts'
import { backOffMs } from '../http/back-off.ts'
import { MinuteWatch, type EndedMinute } from './minute-watch.ts'
import type { OandaClient } from './oanda-client.ts'

/** OANDA asks for at most two new connections a second. */
const BACK_OFF = { firstMs: 1_000, maxMs: 60_000 }
const REFUSED_PAUSE_MS = 300_000
/** A connection that held this long counts as one that worked. */
const STEADY_MS = 30_000
/** Two heartbeats and a half. */
const ALIVE_MS = 12_500

export interface FollowerOptions {
  readonly client: OandaClient
  readonly instruments: readonly string[]
  readonly logger: Logger
  readonly onMinute: (minute: EndedMinute) => void
  /** Shorter in tests. */
  readonly backOff?: { readonly firstMs: number; readonly maxMs: number }
}

export class PriceFollower {
  private readonly options: FollowerOptions
  private lastEventAtMs = -Infinity
  private connections = 0
  private events = 0

  constructor(options: FollowerOptions) {
    this.options = options
  }

  isAlive(): boolean {
    return performance.now() - this.lastEventAtMs < ALIVE_MS
  }

  stats(): { alive: boolean; connections: number; events: number } {
    return { alive: this.isAlive(), connections: this.connections, events: this.events }
  }

  /** Returns when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, backOff = BACK_OFF } = this.options
    let failures = 0
    while (!signal.aborted) {
      const openedAtMs = performance.now()
      const failure = await this.connection(signal, failures)
      if (signal.aborted) return
      const wasSteady = performance.now() - openedAtMs >= STEADY_MS
      failures = wasSteady ? 1 : failures + 1
      const asked = failure.details['retryAfterMs']
      const waitMs = Math.max(
        failure.code === 'SOURCE_REFUSED' ? REFUSED_PAUSE_MS : backOffMs(failures, backOff),
        typeof asked === 'number' ? asked : 0,
      )
      logger.warn(
        { code: failure.code, cause: failure.message, failures, waitMs: Math.round(waitMs) },
        'The price stream ended; candles are polled by the clock until it is back',
      )
      await pause(waitMs, signal)
    }
  }

  /** @returns what ended it */
  private async connection(signal: AbortSignal, failures: number): Promise<CandlewireError> {
    const { client, instruments, logger, onMinute } = this.options
    const watch = new MinuteWatch(instruments)
    let events = 0
    this.connections += 1
    try {
      return await client.prices(instruments, signal, (event) => {
        if (events === 0 && failures > 0) logger.info({ failures }, 'The price stream is back')
        events += 1
        this.events += 1
        this.lastEventAtMs = performance.now()
        for (const minute of watch.take(event)) onMinute(minute)
      })
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError)) throw thrown
      return thrown
    } finally {
      this.lastEventAtMs = -Infinity
    }
  }
}

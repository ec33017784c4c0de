/**
 * Tells from prices and heartbeats that a minute in which an instrument had a price is over, so that
 * its candle can be asked for at once: with the next event of any instrument, or with the next
 * heartbeat, 5 s later at most. Without prices it tells nothing: no trading, no candle, no request.
 */
import type { PriceEvent } from './price-event.ts'

const MINUTE_MS = 60_000

export interface EndedMinute {
  readonly instrument: string
  readonly openTimeMs: number
}

export class MinuteWatch {
  /** Newest minute that has begun by the server's clock. */
  private currentMs = -Infinity
  /** Minute of the last price, by instrument; only those not told yet. Bounded by the instruments subscribed. */
  private readonly begun = new Map<string, number>()
  private readonly instruments: ReadonlySet<string>

  constructor(instruments: readonly string[]) {
    this.instruments = new Set(instruments)
  }

  take(event: PriceEvent): EndedMinute[] {
    const minuteMs = event.timeMs - (event.timeMs % MINUTE_MS)
    const ended: EndedMinute[] = []
    this.currentMs = Math.max(this.currentMs, minuteMs)
    for (const [instrument, openTimeMs] of this.begun) {
      if (openTimeMs >= this.currentMs) continue
      ended.push({ instrument, openTimeMs })
      this.begun.delete(instrument)
    }
    if (event.kind === 'price' && this.instruments.has(event.instrument)) {
      // A price that comes after the clock has passed its minute.
      if (minuteMs < this.currentMs)
        ended.push({ instrument: event.instrument, openTimeMs: minuteMs })
      else this.begun.set(event.instrument, minuteMs)
    }
    return ended
  }
}

/** The newest candles of each instrument, for the page's chart: bounded, rebuilt from the topic at a start. */
import type { Candle } from '../../schemas/generated.ts'

/** `[openTimeMs, open, high, low, close, volume]`; prices as quoted. */
export type BoardCandle = readonly [number, number, number, number, number, number | null]

/** Of an instrument; the page shows four hours. */
export const CANDLES_KEPT = 480
/** The one longest without a candle is forgotten: 64 of them take 3 MB. */
const INSTRUMENTS_MAX = 64

export class CandleBoard {
  private readonly byInstrument = new Map<string, BoardCandle[]>()

  /** Takes a candle; a repeat takes the place of the first, one older than what is kept is left out. */
  add({ instrument, openTimeMs, open, high, low, close, volume }: Candle): void {
    const candles = this.byInstrument.get(instrument) ?? []
    // Taken out and put back: the order of a Map is then that of the last change.
    this.byInstrument.delete(instrument)
    this.byInstrument.set(instrument, candles)
    const candle = [openTimeMs, open, high, low, close, volume] as const
    const before = candles.findLastIndex(([time]) => time <= openTimeMs)
    if (candles[before]?.[0] === openTimeMs) candles[before] = candle
    else candles.splice(before + 1, 0, candle)
    if (candles.length > CANDLES_KEPT) candles.shift()
    const [oldest] = this.byInstrument.keys()
    if (this.byInstrument.size > INSTRUMENTS_MAX && oldest !== undefined)
      this.byInstrument.delete(oldest)
  }

  /** Oldest first. */
  newest(instrument: string, limit: number): readonly BoardCandle[] {
    return this.byInstrument.get(instrument)?.slice(-limit) ?? []
  }
}

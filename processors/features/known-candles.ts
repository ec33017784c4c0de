/**
 * The newest original candles of an instrument, kept to tell a repeated candle from a revised or late
 * one, to show both versions of a revision, and to know how long ago real candles were.
 *
 * Plain state: a table of rows in one Float64Array, the row of the n-th candle being n modulo the
 * capacity. NaN stands for null.
 */
import type { Candle } from '../../schemas/generated.ts'
import { CANDLE_NUMBERS } from '../../streams/sources/candle-row.ts'

/** A feed that reconnects re-sends a few hundred candles; OANDA's default is 500. */
const CAPACITY = 512
const WIDTH = CANDLE_NUMBERS.length + 1
const MINUTE_MS = 60_000

export interface KnownCandles {
  /** Empty before the first candle: a name that never trades costs nothing. */
  rows: Float64Array
  /** Candles added so far. */
  count: number
  /** How many of them opened 30 minutes or more before the newest bar asked about. */
  settled: number
}

export const noCandles = (): KnownCandles => ({
  rows: new Float64Array(0),
  count: 0,
  settled: 0,
})

/** Adds a candle newer than all before. */
export function remember(known: KnownCandles, candle: Candle): void {
  if (known.count === 0) known.rows = new Float64Array(CAPACITY * WIDTH).fill(NaN)
  const { rows } = known
  const at = (known.count % CAPACITY) * WIDTH
  rows[at] = candle.openTimeMs
  rows[at + 1] = candle.open
  rows[at + 2] = candle.high
  rows[at + 3] = candle.low
  rows[at + 4] = candle.close
  rows[at + 5] = candle.volume ?? NaN
  rows[at + 6] = candle.bidClose ?? NaN
  rows[at + 7] = candle.askClose ?? NaN
  rows[at + 8] = candle.bidSize ?? NaN
  rows[at + 9] = candle.askSize ?? NaN
  known.count += 1
}

/** What is known of the candle that opened at a time: its numbers, or undefined. */
export function recall(
  known: KnownCandles,
  openTimeMs: number,
): Record<string, number | null> | undefined {
  const oldest = Math.max(0, known.count - CAPACITY)
  for (let n = known.count - 1; n >= oldest; n--) {
    const at = (n % CAPACITY) * WIDTH
    const time = known.rows[at]!
    if (time < openTimeMs) return undefined
    if (time > openTimeMs) continue
    const found: Record<string, number | null> = { openTimeMs }
    CANDLE_NUMBERS.forEach((field, i) => {
      const value = known.rows[at + 1 + i]!
      found[field] = Number.isNaN(value) ? null : value
    })
    return found
  }
  return undefined
}

/** What {@link recall} would give of a candle. */
export function numbersOf(candle: Candle): Record<string, number | null> {
  const numbers: Record<string, number | null> = { openTimeMs: candle.openTimeMs }
  for (const field of CANDLE_NUMBERS) numbers[field] = candle[field]
  return numbers
}

/** Whether a candle has the numbers of a known one. */
export function isSame(candle: Candle, known: Record<string, number | null>): boolean {
  return CANDLE_NUMBERS.every((field) => candle[field] === known[field])
}

/**
 * Age at `timeMs` of the newest candle that opened 30 minutes or more before it, in minutes; Infinity
 * without one. Times asked about must not decrease.
 */
export function minutesSinceSettled(known: KnownCandles, timeMs: number): number {
  const { rows } = known
  while (
    known.settled < known.count &&
    rows[(known.settled % CAPACITY) * WIDTH]! < timeMs - 30 * MINUTE_MS
  )
    known.settled += 1
  if (known.settled === 0) return Infinity
  return (timeMs - rows[((known.settled - 1) % CAPACITY) * WIDTH]!) / MINUTE_MS
}

/**
 * Candles far ahead of the newest one, held until it shows whether time went on there.
 *
 * A market that opens again after weeks goes on from its first candle; a candle with a wrong date is
 * followed by those of the right one. So a held candle is confirmed by one that follows it closely,
 * and refused when time goes on elsewhere. Nothing but the candles decides: a replay decides alike.
 */
import type { Candle } from '../../schemas/generated.ts'

export interface HeldCandle {
  readonly candle: Candle
  readonly offset: number
}

/** Wrong dates come one at a time; where there are more than these, the oldest is given up. */
const HELD_MAX = 8

export interface Settlement {
  /** Takes its place before the new candle. */
  readonly confirmed: HeldCandle | undefined
  readonly refused: readonly HeldCandle[]
  /** Whether the new candle has to be held as well. */
  readonly holds: boolean
}

/**
 * What a candle later than the newest makes of those that are held.
 *
 * @param newestMs open time of the newest candle taken. @param jumpMs longest step that needs no confirmation.
 */
export function settleHeld(
  held: readonly HeldCandle[],
  openTimeMs: number,
  { newestMs, jumpMs }: { newestMs: number; jumpMs: number },
): Settlement {
  // Before the first candle the newest is NaN, and nothing is ahead of it.
  if (!(openTimeMs - newestMs > jumpMs))
    return { confirmed: undefined, refused: held, holds: false }
  const confirmed = held.findLast(
    ({ candle }) => candle.openTimeMs < openTimeMs && openTimeMs - candle.openTimeMs <= jumpMs,
  )
  if (confirmed !== undefined)
    return { confirmed, refused: held.filter((each) => each !== confirmed), holds: false }
  return { confirmed, refused: held.slice(0, Math.max(0, held.length + 1 - HELD_MAX)), holds: true }
}

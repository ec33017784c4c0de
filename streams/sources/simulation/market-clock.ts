/**
 * When the simulated market trades, and how lively it usually is at that time of day.
 *
 * An index CFD: from Sunday evening to Friday 17:00 in New York, with a break from 17:00 to 18:00 every
 * day; liveliest at the New York open and close, quiet in the Asian night (the U shape of Wood,
 * McInish and Ord 1985, with the overnight session around it).
 */
import { DateTime } from 'luxon'

const ZONE = 'America/New_York'
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const BREAK_HOUR = 17
export const TRADING_MINUTES_A_DAY = 23 * 60

/** [hour of day in New York, volatility, volume], both relative, linear in between. */
const DAY: readonly (readonly [number, number, number])[] = [
  [0, 0.4, 0.12],
  [2, 0.45, 0.16],
  [3, 0.8, 0.5],
  [5, 0.65, 0.4],
  [8, 0.75, 0.5],
  [8.5, 1.3, 0.9],
  [9.45, 1, 0.8],
  [9.5, 2.4, 3.4],
  [10, 1.9, 2.6],
  [11, 1.4, 1.8],
  [12.5, 1, 1.15],
  [14, 1.15, 1.4],
  [15.5, 1.6, 2.4],
  [15.98, 2, 3.8],
  [16.05, 0.7, 0.6],
  [17, 0.4, 0.2],
  [18, 0.7, 0.3],
  [19, 0.5, 0.2],
  [20, 0.5, 0.22],
  [24, 0.4, 0.12],
]

export interface MarketMinute {
  readonly isOpen: boolean
  /** Usual volatility and volume of this minute of the day, both relative. */
  readonly volatility: number
  readonly volume: number
}

/** Shape of the day by minute in New York. */
const SHAPE = Array.from({ length: 24 * 60 }, (_, minute) => shapeAt(minute / 60))
/** Root mean square of the volatility shape over the trading minutes of a day. */
export const VOLATILITY_RMS = Math.sqrt(
  SHAPE.filter((_, minute) => Math.floor(minute / 60) !== BREAK_HOUR).reduce(
    (sum, { volatility }) => sum + volatility ** 2,
    0,
  ) / TRADING_MINUTES_A_DAY,
)

function shapeAt(hour: number): { volatility: number; volume: number } {
  const after = Math.max(
    1,
    DAY.findIndex(([until]) => until > hour),
  )
  const [from, to] = [DAY[after - 1], DAY[after]]
  if (from === undefined || to === undefined) throw new RangeError(`hour ${hour}`)
  const share = (hour - from[0]) / (to[0] - from[0])
  return {
    volatility: from[1] + share * (to[1] - from[1]),
    volume: from[2] + share * (to[2] - from[2]),
  }
}

export class MarketClock {
  /** The offset of New York only changes between hours, so it is looked up once an hour. */
  private hourMs = NaN
  private local = { weekday: 0, hour: 0 }

  at(timeMs: number): MarketMinute {
    const hourMs = Math.floor(timeMs / HOUR_MS) * HOUR_MS
    if (hourMs !== this.hourMs) {
      const { weekday, hour } = DateTime.fromMillis(hourMs, { zone: ZONE })
      this.hourMs = hourMs
      this.local = { weekday, hour }
    }
    const { weekday, hour } = this.local
    const shape = SHAPE[hour * 60 + Math.floor((timeMs - hourMs) / MINUTE_MS)]
    if (shape === undefined) throw new RangeError(`hour ${hour}`)
    return { isOpen: isOpen(weekday, hour), ...shape }
  }
}

/** Weekdays as in ISO 8601: 1 is Monday, 7 is Sunday. */
function isOpen(weekday: number, hour: number): boolean {
  if (weekday === 6 || hour === BREAK_HOUR) return false
  if (weekday === 7) return hour > BREAK_HOUR
  return weekday !== 5 || hour < BREAK_HOUR
}

/** How long an instrument has been silent while it should have traded. */
import type { InstrumentSettings } from '../../instruments/instrument-settings.ts'
import { hoursByDay } from '../../instruments/hours-text.ts'
import { TradingHours } from '../../instruments/trading-hours.ts'
import { ZoneClock } from '../../instruments/zone-clock.ts'

const MINUTE_MS = 60_000
/**
 * For an instrument without trading hours of its own: nobody is missed from Friday 21:00 to Sunday
 * 23:00 UTC, when currency and index markets are closed; one that trades then is only missed later.
 */
const WEEKEND = { fromMinute: 4 * 1_440 + 21 * 60, toMinute: 6 * 1_440 + 23 * 60 }
const WEEK_MINUTES = 7 * 1_440
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY_MS = 4 * 86_400_000

/**
 * @param sinceMs close of the newest candle, on a minute.
 * @param max more than this are answered as `max`.
 */
export function openMinutesSince(
  settings: Pick<InstrumentSettings, 'zone' | 'tradingHours'>,
  sinceMs: number,
  nowMs: number,
  max: number,
): number {
  if (nowMs <= sinceMs) return 0
  const { tradingHours, zone } = settings
  if (tradingHours === null) return usualMinutes(sinceMs, nowMs, max)
  const hours = new TradingHours(ZoneClock.of(zone), hoursByDay(tradingHours))
  return hours.openMinutes(sinceMs, nowMs, max)?.length ?? max
}

function usualMinutes(sinceMs: number, nowMs: number, max: number): number {
  let minutes = 0
  for (let at = sinceMs; at < nowMs && minutes < max; at += MINUTE_MS) {
    const minute = Math.floor((at - FIRST_MONDAY_MS) / MINUTE_MS) % WEEK_MINUTES
    if (minute < WEEKEND.fromMinute || minute >= WEEKEND.toMinute) minutes += 1
    // Of a silence of years only so much is looked at.
    if (at - sinceMs > WEEK_MINUTES * MINUTE_MS) return max
  }
  return minutes
}

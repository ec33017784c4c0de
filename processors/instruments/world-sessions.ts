/**
 * The three sessions of the world's markets, by wall-clock time of their cities, Monday to Friday.
 *
 * They are the same for every instrument; holidays are not known to them.
 */
import { ZoneClock } from './zone-clock.ts'

const MINUTES_OF_DAY = 1_440
const SATURDAY = 5 * MINUTES_OF_DAY

class WorldSession {
  private readonly clock: ZoneClock
  private readonly start: number
  private readonly end: number

  /** @param start @param end minutes of the day: start inclusive, end exclusive. */
  constructor(zone: string, start: number, end: number) {
    this.clock = ZoneClock.of(zone)
    this.start = start
    this.end = end
  }

  isOpen(timeMs: number): boolean {
    const minuteOfWeek = this.clock.minuteOfWeek(timeMs)
    const minute = minuteOfWeek % MINUTES_OF_DAY
    return minuteOfWeek < SATURDAY && minute >= this.start && minute < this.end
  }
}

const minute = (hours: number, minutes: number): number => hours * 60 + minutes

/** 09:00-15:00 Tokyo. */
export const ASIA = new WorldSession('Asia/Tokyo', minute(9, 0), minute(15, 0))
/** 08:00-16:30 London. */
export const EUROPE = new WorldSession('Europe/London', minute(8, 0), minute(16, 30))
/** 09:30-16:00 New York. */
export const US = new WorldSession('America/New_York', minute(9, 30), minute(16, 0))

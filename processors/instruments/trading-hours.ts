/**
 * When an instrument trades: weekly windows of wall-clock time, and dates that have windows of their
 * own (holidays, short days). What is not in a window is closed.
 *
 * Wall-clock time decides, minute by minute: of an hour that the clocks repeat both runs are open, of
 * one that they skip none.
 */
import type { ZoneClock } from './zone-clock.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MINUTES_OF_DAY = 1_440

/** Minutes of a day, 0..1440: start inclusive, end exclusive. */
export interface DayWindow {
  readonly start: number
  readonly end: number
}

export interface HoursByDay {
  /** Windows of Monday to Sunday, ascending; at least one window in the week. */
  readonly weekdays: readonly (readonly DayWindow[])[]
  /** Windows of single dates instead of their weekday's, by days since 1970-01-01. */
  readonly dates: ReadonlyMap<number, readonly DayWindow[]>
}

export class TradingHours {
  private readonly clock: ZoneClock
  private readonly hours: HoursByDay

  constructor(clock: ZoneClock, hours: HoursByDay) {
    this.clock = clock
    this.hours = hours
  }

  isOpen(timeMs: number): boolean {
    return this.nextOpenMs(timeMs) === timeMs
  }

  /**
   * The open minutes from `fromMs` on, before `untilMs`; undefined if there are more than `max`.
   * Closed stretches are jumped over, so a gap of years costs no more than one of `max` minutes.
   */
  openMinutes(fromMs: number, untilMs: number, max: number): readonly number[] | undefined {
    const minutes: number[] = []
    let atMs = this.nextOpenMs(fromMs)
    while (atMs < untilMs) {
      if (minutes.length === max) return undefined
      minutes.push(atMs)
      atMs = this.nextOpenMs(atMs + MINUTE_MS)
    }
    return minutes
  }

  /** @returns the first open minute at or after `timeMs`, which is on a minute. */
  private nextOpenMs(timeMs: number): number {
    let atMs = timeMs
    for (;;) {
      const localMs = this.clock.localMs(atMs)
      const day = Math.floor(localMs / DAY_MS)
      const minute = Math.floor((localMs - day * DAY_MS) / MINUTE_MS)
      const window = this.windowsOf(day).find(({ end }) => end > minute)
      if (window !== undefined && window.start <= minute) return atMs
      const wait = (window?.start ?? MINUTES_OF_DAY) - minute
      // A change of the clocks on the way would make it another time of day.
      const steadyMs = Math.ceil(this.clock.steadyUntilMs(atMs) / MINUTE_MS) * MINUTE_MS
      atMs = Math.min(atMs + wait * MINUTE_MS, steadyMs)
    }
  }

  private windowsOf(day: number): readonly DayWindow[] {
    // 1 January 1970 was a Thursday.
    const weekday = (((day + 3) % 7) + 7) % 7
    return this.hours.dates.get(day) ?? this.hours.weekdays[weekday]!
  }
}

/**
 * The gap-filled one-minute grid: from original candles to the bars that the engine is fed.
 *
 * Missing minutes become bars at the previous close with volume 0, if the whole gap has at most
 * `maxFillMinutes` of them; a longer gap is a session break and stays open. Of an instrument with
 * trading hours only open minutes can be missing, so closed ones are neither filled nor counted. A bar
 * once handed out is never changed: a candle for a minute that has passed is refused.
 */
import type { Candle } from '../../schemas/generated.ts'
import { CANDLE_MS } from '../../streams/topics.ts'
import { hoursByDay } from '../instruments/hours-text.ts'
import type { InstrumentSettings } from '../instruments/instrument-settings.ts'
import { SessionClock } from '../instruments/session-clock.ts'
import { TradingHours } from '../instruments/trading-hours.ts'
import { ASIA, EUROPE, US } from '../instruments/world-sessions.ts'
import { dayOf, hourOf } from '../instruments/zone-clock.ts'
import type { Bar } from './bar.ts'
import {
  isSame,
  minutesSinceSettled,
  noCandles,
  recall,
  remember,
  type KnownCandles,
} from './known-candles.ts'

export interface GridState {
  readonly known: KnownCandles
  /** Open time of the newest original candle; NaN before the first. */
  lastOpenTimeMs: number
  lastClose: number
  /** NaN where the newest original candle has no volume: its fill bars have none either. */
  lastVolume: number
  nextSessionMs: number
}

export const emptyGrid = (): GridState => ({
  known: noCandles(),
  lastOpenTimeMs: NaN,
  lastClose: NaN,
  lastVolume: NaN,
  nextSessionMs: -Infinity,
})

/** What a candle is to the grid: the next bar, a repetition, or too late for its minute. */
export type Placement =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'late'; readonly known: Record<string, number | null> | undefined }

const NEXT: Placement = { kind: 'next' }
const DUPLICATE: Placement = { kind: 'duplicate' }
const NONE: readonly number[] = []

/** @param candle a valid candle. */
export function place(grid: GridState, candle: Candle): Placement {
  if (!(candle.openTimeMs <= grid.lastOpenTimeMs)) return NEXT
  const known = recall(grid.known, candle.openTimeMs)
  return known !== undefined && isSame(candle, known) ? DUPLICATE : { kind: 'late', known }
}

/** The grid of all instruments with the same settings. Immutable. */
export class MinuteGrid {
  private readonly maxFillMinutes: number
  private readonly sessions: SessionClock
  private readonly hours: TradingHours | undefined

  /** @throws CandlewireError CONFIG_INVALID for an unknown zone or a bad session start. */
  constructor(settings: InstrumentSettings) {
    const { maxFillMinutes, zone, sessionStart, tradingHours } = settings
    this.maxFillMinutes = maxFillMinutes
    this.sessions = new SessionClock(zone, sessionStart)
    this.hours =
      tradingHours === null
        ? undefined
        : new TradingHours(this.sessions.zone, hoursByDay(tradingHours))
  }

  /** Whether the instrument trades in the minute from `openTimeMs` on. */
  isOpen(openTimeMs: number): boolean {
    return this.hours?.isOpen(openTimeMs) ?? true
  }

  /** Open times of the bars that fill the gap before this candle. */
  missingBefore(grid: GridState, candle: Candle): readonly number[] {
    const fromMs = grid.lastOpenTimeMs + CANDLE_MS
    // Before the first candle it is NaN, and nothing is missing.
    if (!(candle.openTimeMs > fromMs)) return NONE
    const { hours, maxFillMinutes } = this
    if (hours !== undefined)
      return hours.openMinutes(fromMs, candle.openTimeMs, maxFillMinutes) ?? NONE
    const missing = (candle.openTimeMs - fromMs) / CANDLE_MS
    if (missing > maxFillMinutes) return NONE
    return Array.from({ length: missing }, (_, index) => fromMs + index * CANDLE_MS)
  }

  /** Makes `bar` the bar that fills the minute from `openTimeMs` on. */
  fill(grid: GridState, openTimeMs: number, bar: Bar): void {
    const close = grid.lastClose
    bar.openTimeMs = openTimeMs
    bar.open = close
    bar.high = close
    bar.low = close
    bar.close = close
    bar.volume = Number.isNaN(grid.lastVolume) ? NaN : 0
    bar.bidClose = NaN
    bar.askClose = NaN
    bar.bidSize = NaN
    bar.askSize = NaN
    bar.isBackfilled = 1
    this.stamp(grid, bar)
  }

  /** Makes `bar` the bar of an original candle, and the candle the newest one. */
  take(grid: GridState, candle: Candle, bar: Bar): void {
    bar.openTimeMs = candle.openTimeMs
    bar.open = candle.open
    bar.high = candle.high
    bar.low = candle.low
    bar.close = candle.close
    bar.volume = candle.volume ?? NaN
    bar.bidClose = candle.bidClose ?? NaN
    bar.askClose = candle.askClose ?? NaN
    bar.bidSize = candle.bidSize ?? NaN
    bar.askSize = candle.askSize ?? NaN
    bar.isBackfilled = 0
    this.stamp(grid, bar)
    remember(grid.known, candle)
    grid.lastOpenTimeMs = candle.openTimeMs
    grid.lastClose = candle.close
    grid.lastVolume = bar.volume
  }

  /** What depends on the bar's time and on when there were candles. */
  private stamp(grid: GridState, bar: Bar): void {
    const { openTimeMs } = bar
    const age = minutesSinceSettled(grid.known, openTimeMs)
    bar.hasOriginal30To60 = Number(age <= 60)
    bar.hasOriginal30To360 = Number(age <= 360)
    bar.startsSession = Number(openTimeMs >= grid.nextSessionMs)
    if (bar.startsSession === 1) grid.nextSessionMs = this.sessions.nextStartMs(openTimeMs)
    const minuteOfWeek = this.sessions.zone.minuteOfWeek(openTimeMs)
    bar.hourOfDay = hourOf(minuteOfWeek)
    bar.dayOfWeek = dayOf(minuteOfWeek)
    bar.sessionAsia = Number(ASIA.isOpen(openTimeMs))
    bar.sessionEurope = Number(EUROPE.isOpen(openTimeMs))
    bar.sessionUs = Number(US.isOpen(openTimeMs))
  }
}

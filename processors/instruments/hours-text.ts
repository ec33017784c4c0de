/**
 * Trading hours as people write them: `Mon-Fri 09:30-16:00`; `Sun-Thu 18:00-17:00` ends the next day;
 * and for one date just `09:30-13:00`.
 */
import type { DayWindow, HoursByDay } from './trading-hours.ts'

const DAY_MS = 86_400_000
const MINUTES_OF_DAY = 1_440
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const WEEKLY = /^((?:[A-Z][a-z]{2})(?:[-,][A-Z][a-z]{2})*) (\S+)$/
const WINDOW = /^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/

/** Trading hours of a configuration file. */
export interface HoursText {
  readonly weekly: readonly string[]
  /** By date, YYYY-MM-DD in the zone; no window: closed. */
  readonly dates: Readonly<Record<string, readonly string[]>>
}

/** @returns what is wrong with a weekly window, or undefined. */
export function weeklyFault(text: string): string | undefined {
  const example = 'is not like "Mon-Fri 09:30-16:00" or "Sun-Thu 18:00-17:00"'
  const [, days, window] = WEEKLY.exec(text) ?? []
  if (days === undefined || window === undefined) return example
  if (daysOf(days) === undefined) return `names a day that is none of ${DAYS.join(' ')}`
  return windowOf(window) === undefined ? `${example}, times from 00:00 to 24:00` : undefined
}

/** @returns what is wrong with a window of a date, or undefined. */
export function dateWindowFault(text: string): string | undefined {
  const window = windowOf(text)
  if (window === undefined) return 'is not like "09:30-13:00", times from 00:00 to 24:00'
  return window.start < window.end ? undefined : 'ends before it starts; a date has no overnight'
}

/** @param hours without faults. */
export function hoursByDay(hours: HoursText): HoursByDay {
  const weekdays = DAYS.map((): DayWindow[] => [])
  for (const text of hours.weekly) {
    const [, days, window] = WEEKLY.exec(text)!
    const { start, end } = windowOf(window!)!
    for (const day of daysOf(days!)!) {
      if (start < end) weekdays[day]!.push({ start, end })
      else {
        weekdays[day]!.push({ start, end: MINUTES_OF_DAY })
        weekdays[(day + 1) % 7]!.push({ start: 0, end })
      }
    }
  }
  const dates = Object.entries(hours.dates).map(
    ([date, windows]) =>
      [Date.parse(date) / DAY_MS, ascending(windows.map((text) => windowOf(text)!))] as const,
  )
  return { weekdays: weekdays.map(ascending), dates: new Map(dates) }
}

/** `Mon-Fri`, `Mon,Wed`, `Fri-Mon`; undefined for what is no list of days. */
function daysOf(text: string): number[] | undefined {
  const days: number[] = []
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((name) => DAYS.indexOf(name))
    if (first === undefined || last === undefined || more.length > 0) return undefined
    if (first < 0 || last < 0) return undefined
    for (let day = first; ; day = (day + 1) % 7) {
      days.push(day)
      if (day === last) break
    }
  }
  return days
}

function windowOf(text: string): DayWindow | undefined {
  const parts = WINDOW.exec(text)?.slice(1).map(Number)
  if (parts === undefined) return undefined
  const [start, end] = [parts[0]! * 60 + parts[1]!, parts[2]! * 60 + parts[3]!]
  return start < MINUTES_OF_DAY && end <= MINUTES_OF_DAY ? { start, end } : undefined
}

/** Sorted, without empty windows; overlapping ones made one. */
function ascending(windows: readonly DayWindow[]): DayWindow[] {
  const merged: DayWindow[] = []
  for (const { start, end } of [...windows].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (start === end) continue
    if (last !== undefined && start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) }
    else merged.push({ start, end })
  }
  return merged
}

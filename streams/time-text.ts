/**
 * Times as input files, commands and requests write them, to Unix ms in UTC.
 *
 * Known: ISO 8601 with zone or offset (`2024-02-20T14:30:00Z`, `2024-02-20 09:30:00-05:00`), the same
 * without a zone, taken as UTC, dates with `/` or `.`, and Unix epochs in s, ms, µs or ns, told apart
 * by their number of digits. Parsed by hand: `Date.parse` takes a time without zone as local time,
 * rolls 30 February over to March, and is slower.
 */
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const ZERO = 48
const NINE = 57

/** The number that `count` digits from `from` on make, or NaN. */
export function digitsAt(text: string, from: number, count: number): number {
  let value = 0
  for (let index = from; index < from + count; index += 1) {
    const code = text.charCodeAt(index)
    if (!(code >= ZERO && code <= NINE)) return NaN
    value = value * 10 + (code - ZERO)
  }
  return value
}

/** Unix ms of a UTC calendar time; NaN where there is no such time (30 February, 25 o'clock, NaN parts). */
export function utcMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const dayMax = DAYS_IN_MONTH[month - 1]
  if (dayMax === undefined || !(day >= 1 && day <= dayMax)) return NaN
  if (!(hour <= 23 && minute <= 59 && second <= 59 && year >= 1000)) return NaN
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  return month === 2 && day === 29 && new Date(ms).getUTCMonth() !== 1 ? NaN : ms
}

/** @returns Unix ms, with a fraction where the text has one below the ms; NaN if it is not a known form of time. */
export function parseTimeMs(input: string): number {
  const text = input.trim()
  const fifth = text.charCodeAt(4)
  const isDate = fifth === 45 /* - */ || fifth === 47 /* / */ || fifth === 46 /* . */
  if (isDate && text.charCodeAt(7) === fifth) return parseCalendar(text)
  return parseEpoch(text)
}

/** @returns whole Unix ms of a time somebody gave; NaN for what is not a time from 1970 on. */
export function parseGivenTime(text: string): number {
  const timeMs = Math.trunc(parseTimeMs(text))
  return timeMs >= 0 ? timeMs : NaN
}

function parseCalendar(text: string): number {
  const [year, month, day] = [digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2)]
  if (text.length === 10) return utcMs(year, month, day, 0, 0, 0)
  const separator = text.charCodeAt(10)
  if (separator !== 84 /* T */ && separator !== 32 && separator !== 116 /* t */) return NaN
  if (text.charCodeAt(13) !== 58 /* : */) return NaN
  const [hour, minute] = [digitsAt(text, 11, 2), digitsAt(text, 14, 2)]
  let at = 16
  let second = 0
  let fractionMs = 0
  if (text.charCodeAt(at) === 58) {
    second = digitsAt(text, 17, 2)
    at = 19
    if (text.charCodeAt(at) === 46 || text.charCodeAt(at) === 44) {
      const from = at
      do at += 1
      while (text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE)
      if (at === from + 1) return NaN
      fractionMs = Number(`0.${text.slice(from + 1, at)}`) * 1000
    }
  }
  return utcMs(year, month, day, hour, minute, second) + fractionMs - offsetMs(text, at)
}

/** What the zone at `at` is ahead of UTC; none is UTC; NaN for what is not a zone. */
function offsetMs(text: string, at: number): number {
  if (at >= text.length) return 0
  const zone = text.slice(at).trim()
  if (zone === 'Z' || zone === 'z' || zone === 'UTC' || zone === 'GMT') return 0
  const match = /^([+-])(\d\d)(?::?([0-5]\d))?$/.exec(zone)
  if (match === null) return NaN
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return minutes > 15 * 60 ? NaN : (match[1] === '-' ? -60_000 : 60_000) * minutes
}

/** By the digits before the point: up to 10 are seconds (until 2286), 13 ms, 16 µs, 19 ns. */
function parseEpoch(text: string): number {
  const match = /^(\d{9,19})(\.\d+)?$/.exec(text)
  if (match === null) return NaN
  const digits = match[1]?.length ?? 0
  if (digits <= 10) return Math.round(Number(text) * 1e6) / 1e3
  if (digits === 13) return Number(text)
  if (digits === 16) return Number(text) / 1e3
  return digits === 19 ? Number(text.slice(0, 16)) / 1e3 : NaN
}

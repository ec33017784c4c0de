/** Numbers and times as text. Times are UTC; returns are percent. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const NOT_KNOWN = '–'

export const count = (value) => (value == null ? NOT_KNOWN : whole.format(value))
export const compact = (value) => (value == null ? NOT_KNOWN : short.format(value))
export const digits = (value, places = 4) => (value == null ? NOT_KNOWN : value.toFixed(places))
export const signed = (value, places = 4) =>
  value == null
    ? NOT_KNOWN
    : `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(places)}`
export const percent = (share, places = 1) =>
  share == null ? NOT_KNOWN : `${(100 * share).toFixed(places)} %`

const priceDigits = (price) => (Math.abs(price) >= 10 ? 2 : 5)
export const money = (price) => (price == null ? NOT_KNOWN : price.toFixed(priceDigits(price)))

const iso = (ms) => new Date(ms).toISOString()
export const clock = (ms) => iso(ms).slice(11, 16)
export const second = (ms) => iso(ms).slice(11, 19)
export const day = (ms) => iso(ms).slice(0, 10)
export const moment = (ms) => (ms == null ? NOT_KNOWN : `${day(ms)} ${clock(ms)}`)

/** `12 s ago`, `5 min ago`, `3 h ago`, or the day. */
export function ago(ms, nowMs = Date.now()) {
  if (ms == null) return NOT_KNOWN
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1_000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)} h ago`
  return `on ${day(ms)}`
}

/** The beginning of a digest; all of it is in the title. */
export const digest = (hex) => (hex ? hex.slice(0, 12) : NOT_KNOWN)

/** Letters of a name that fit beside a chart. */
const NAME_LENGTH = 22

/** Names of features differ at their end (a span, a period), so a long one is cut in its middle. */
export function shortName(name) {
  if (name.length <= NAME_LENGTH) return name
  const head = Math.floor(NAME_LENGTH / 3)
  return `${name.slice(0, head)}…${name.slice(head + 1 - NAME_LENGTH)}`
}

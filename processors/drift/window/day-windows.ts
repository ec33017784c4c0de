/**
 * Mean shift and volatility ratio of a feature: the last 30 days against the 150 days before.
 *
 * Kept as count, sum and sum of squares of each UTC day, so 180 days of any number of vectors are
 * 181 rows. Values are counted from the first one seen of their column: a price of 6,000 that moves by
 * 0.1 keeps its digits. The oldest day goes as a whole: the windows are of days, not of minutes.
 */
const CURRENT_DAYS = 30
const REFERENCE_DAYS = 150
/** Days with values below which a window says nothing. */
const CURRENT_DAYS_MIN = 5
const REFERENCE_DAYS_MIN = 20
const DAY_MS = 86_400_000
/** The day that is not over yet, too. */
const SLOTS = CURRENT_DAYS + REFERENCE_DAYS + 1
const PARTS = 3

export interface DayWindows {
  /** Number of the UTC day in each slot, day modulo SLOTS; -1: none. */
  readonly day: Int32Array
  /** `[SLOTS, columns, 3] float64`: count, sum and sum of squares from the origin. */
  readonly sums: Float64Array
  /** First value seen of each column; NaN: none yet. */
  readonly origin: Float64Array
}

/** Of a column; NaN where one of the windows has too few days or the reference does not vary. */
export interface DayShift {
  /** (mean of current - mean of reference) / standard deviation of reference. */
  readonly meanShift: number
  /** Standard deviation of current / that of reference. */
  readonly volatilityRatio: number
}

export const dayWindows = (columns: number): DayWindows => ({
  day: new Int32Array(SLOTS).fill(-1),
  sums: new Float64Array(SLOTS * columns * PARTS),
  origin: new Float64Array(columns).fill(NaN),
})

const dayOf = (eventTimeMs: number): number => Math.floor(eventTimeMs / DAY_MS)

/** Adds the row at `offset` of `rows`; NaN and infinities are left out. */
export function addToDay(
  windows: DayWindows,
  eventTimeMs: number,
  rows: Float32Array,
  offset: number,
): void {
  const { day, sums, origin } = windows
  const columns = origin.length
  const today = dayOf(eventTimeMs)
  const slot = today % SLOTS
  const base = slot * columns * PARTS
  if (day[slot] !== today) {
    day[slot] = today
    sums.fill(0, base, base + columns * PARTS)
  }
  for (let column = 0, at = base; column < columns; column += 1, at += PARTS) {
    const value = rows[offset + column]!
    if (value - value !== 0) continue
    let start = origin[column]!
    if (start !== start) {
      start = value
      origin[column] = value
    }
    const x = value - start
    sums[at]! += 1
    sums[at + 1]! += x
    sums[at + 2]! += x * x
  }
}

/** Shifts of all columns as of a time. */
export function dayShifts(windows: DayWindows, eventTimeMs: number): DayShift[] {
  const columns = windows.origin.length
  const today = dayOf(eventTimeMs)
  const current = totals(windows, today - CURRENT_DAYS, today)
  const reference = totals(windows, today - CURRENT_DAYS - REFERENCE_DAYS, today - CURRENT_DAYS)
  return Array.from({ length: columns }, (_, column) => shiftOf(current, reference, column))
}

/** By column: count, sum, sum of squares and days with values. */
type Totals = Float64Array

/** Over the days of `(after, until]`, oldest first: the order of summing is part of the result. */
function totals({ day, sums, origin }: DayWindows, after: number, until: number): Totals {
  const columns = origin.length
  const total = new Float64Array(columns * (PARTS + 1))
  for (let each = Math.max(0, after + 1); each <= until; each += 1) {
    const slot = each % SLOTS
    if (day[slot] !== each) continue
    for (let column = 0; column < columns; column += 1) {
      const from = (slot * columns + column) * PARTS
      const to = column * (PARTS + 1)
      if (sums[from] === 0) continue
      total[to]! += sums[from]!
      total[to + 1]! += sums[from + 1]!
      total[to + 2]! += sums[from + 2]!
      total[to + 3]! += 1
    }
  }
  return total
}

function shiftOf(current: Totals, reference: Totals, column: number): DayShift {
  const one = momentsOf(current, column)
  const other = momentsOf(reference, column)
  const isKnown = one.days >= CURRENT_DAYS_MIN && other.days >= REFERENCE_DAYS_MIN
  if (!isKnown || !(other.deviation > 0)) return { meanShift: NaN, volatilityRatio: NaN }
  return {
    meanShift: (one.mean - other.mean) / other.deviation,
    volatilityRatio: one.deviation / other.deviation,
  }
}

/** Mean and standard deviation with n - 1 degrees of freedom. */
function momentsOf(total: Totals, column: number) {
  const at = column * (PARTS + 1)
  const count = total[at]!
  const mean = total[at + 1]! / count
  const squares = total[at + 2]! - count * mean * mean
  // What rounding leaves of a constant is no deviation.
  const isNothing = squares <= 1e-12 * total[at + 2]!
  const deviation = isNothing ? 0 : Math.sqrt(squares / (count - 1))
  return { mean, deviation, days: total[at + 3]! }
}

/**
 * Splits rows that are sorted by event time into consecutive ranges, purged by the label horizon and
 * embargoed.
 *
 * A label looks ahead: the last examples before a boundary are labelled with prices from beyond it.
 * Such rows belong to no split, else the earlier split would have seen the later one (purging, as in
 * López de Prado, "Advances in Financial Machine Learning", chapter 7). The embargo widens that gap.
 *
 * The newest rows are set aside first as `out_of_time_2`; the shares are of the rest. So that split is
 * no part of `out_of_time`: models are ranked by test and `out_of_time`, and nothing is chosen by the
 * newest rows, which are looked at once, for the report.
 */

const SPLIT_SHARES = { train: 0.6, validation: 0.15, test: 0.15, out_of_time: 0.1 } as const

const SECOND_OUT_OF_TIME = 'out_of_time_2'

export type SplitName = keyof typeof SPLIT_SHARES | typeof SECOND_OUT_OF_TIME

/** In order of time. */
export const SPLIT_NAMES: readonly SplitName[] = [
  ...(Object.keys(SPLIT_SHARES) as (keyof typeof SPLIT_SHARES)[]),
  SECOND_OUT_OF_TIME,
]

/** Rows of `out_of_time_2` where the data set is large enough: a week and a half of round-the-clock minutes. */
const SECOND_OUT_OF_TIME_ROWS = 10_000
/** It takes at most this share of a smaller data set, which keeps nine tenths to learn and choose from. */
const SECOND_OUT_OF_TIME_SHARE_MAX = 0.1

/** Rows `from` (inclusive) to `to` (exclusive) of the sorted data set. */
export interface SplitRange {
  readonly from: number
  readonly to: number
}

export interface TimeSplit {
  readonly ranges: Readonly<Record<SplitName, SplitRange>>
  /** Rows that belong to no split because their labels reach into the next one, or its embargo. */
  readonly purgedRows: number
}

/** Times per row in ms; event times ascend, a label time is never before its event time. */
export interface RowTimes {
  readonly eventTimeMs: Float64Array
  readonly labelTimeMs: Float64Array
}

export interface TimeSplitOptions {
  /** A label of a split is known at least this long before the next one starts, ms; 0 unless given. */
  readonly embargoMs?: number
  /** Rows wanted in `out_of_time_2`, of at most a tenth of all; 0 leaves it empty. */
  readonly secondOutOfTimeRows?: number
}

/**
 * Rows of one event time (several instruments) stay together. Ranges are contiguous, so a split is
 * cut at its first row whose label reaches into the next split, whatever the labels after it do.
 */
export function splitByTime(times: RowTimes, options: TimeSplitOptions = {}): TimeSplit {
  const { embargoMs = 0, secondOutOfTimeRows = SECOND_OUT_OF_TIME_ROWS } = options
  const rows = times.eventTimeMs.length
  const starts = startsOf(times.eventTimeMs, secondOutOfTimeRows)
  let purgedRows = 0
  const entries = SPLIT_NAMES.map((name, index): [SplitName, SplitRange] => {
    const from = starts[index] ?? 0
    const nextFrom = starts[index + 1] ?? rows
    const to = nextFrom >= rows ? rows : purgedEnd(times, from, nextFrom, embargoMs)
    purgedRows += nextFrom - to
    return [name, { from, to }]
  })
  return { ranges: Object.fromEntries(entries) as Record<SplitName, SplitRange>, purgedRows }
}

function startsOf(eventTimeMs: Float64Array, secondOutOfTimeRows: number): number[] {
  const rows = eventTimeMs.length
  const aside = Math.min(secondOutOfTimeRows, Math.floor(rows * SECOND_OUT_OF_TIME_SHARE_MAX))
  const shared = rows - aside
  let share = 0
  const starts = Object.values(SPLIT_SHARES).map((each) => {
    const start = firstOfItsTime(eventTimeMs, Math.round(share * shared))
    share += each
    return start
  })
  return [...starts, firstOfItsTime(eventTimeMs, shared)]
}

/** The first row at or after `row` that has another event time than the one before it. */
export function firstOfItsTime(eventTimeMs: Float64Array, row: number): number {
  let start = row
  while (start > 0 && start < eventTimeMs.length && eventTimeMs[start] === eventTimeMs[start - 1])
    start += 1
  return start
}

/** A label that is known exactly when the next split (less its embargo) starts already reaches into it. */
function purgedEnd(times: RowTimes, from: number, nextFrom: number, embargoMs: number): number {
  const nextStartMs = (times.eventTimeMs[nextFrom] ?? Infinity) - embargoMs
  for (let row = from; row < nextFrom; row += 1) {
    if ((times.labelTimeMs[row] ?? Infinity) >= nextStartMs) return row
  }
  return nextFrom
}

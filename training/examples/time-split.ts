/**
 * Splits rows that are sorted by event time into consecutive ranges, purged by the label horizon.
 *
 * A label looks ahead: the last examples before a boundary are labelled with prices from beyond it.
 * Such rows belong to no split, else the earlier split would have seen the later one (purging, as in
 * López de Prado, "Advances in Financial Machine Learning", chapter 7).
 */

export const SPLIT_SHARES = { train: 0.6, validation: 0.15, test: 0.15, out_of_time: 0.1 } as const

export type SplitName = keyof typeof SPLIT_SHARES

export const SPLIT_NAMES = Object.keys(SPLIT_SHARES) as readonly SplitName[]

/** Rows `from` (inclusive) to `to` (exclusive) of the sorted data set. */
export interface SplitRange {
  readonly from: number
  readonly to: number
}

export interface TimeSplit {
  readonly ranges: Readonly<Record<SplitName, SplitRange>>
  /** Rows that belong to no split because their labels reach into the next one. */
  readonly purgedRows: number
}

/** Times per row in ms; event times ascend, a label time is never before its event time. */
export interface RowTimes {
  readonly eventTimeMs: Float64Array
  readonly labelTimeMs: Float64Array
}

/**
 * Rows of one event time (several instruments) stay together. Ranges are contiguous, so a split is
 * cut at its first row whose label reaches into the next split, whatever the labels after it do.
 */
export function splitByTime(times: RowTimes): TimeSplit {
  const rows = times.eventTimeMs.length
  const starts = startsOf(times.eventTimeMs)
  let purgedRows = 0
  const entries = SPLIT_NAMES.map((name, index): [SplitName, SplitRange] => {
    const from = starts[index] ?? 0
    const nextFrom = starts[index + 1] ?? rows
    const to = nextFrom >= rows ? rows : purgedEnd(times, from, nextFrom)
    purgedRows += nextFrom - to
    return [name, { from, to }]
  })
  return { ranges: Object.fromEntries(entries) as Record<SplitName, SplitRange>, purgedRows }
}

function startsOf(eventTimeMs: Float64Array): number[] {
  const rows = eventTimeMs.length
  let share = 0
  return SPLIT_NAMES.map((name) => {
    let start = Math.round(share * rows)
    share += SPLIT_SHARES[name]
    while (start > 0 && start < rows && eventTimeMs[start] === eventTimeMs[start - 1]) start += 1
    return start
  })
}

/** A label that is known exactly when the next split starts already reaches into it. */
function purgedEnd(times: RowTimes, from: number, nextFrom: number): number {
  const nextStartMs = times.eventTimeMs[nextFrom] ?? Infinity
  for (let row = from; row < nextFrom; row += 1) {
    if ((times.labelTimeMs[row] ?? Infinity) >= nextStartMs) return row
  }
  return nextFrom
}

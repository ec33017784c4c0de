/**
 * Rows kept back from fitting to choose something by (a penalty, weights of a blend), where no validation
 * rows are given or a second part of them is needed. Purged: no label of the earlier part reaches into
 * the later one.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { rowsOf } from '../examples/dataset.ts'
import type { RowTimes, SplitRange } from '../examples/time-split.ts'

/** Share of the rows that is held out. */
const HELD_OUT_SHARE = 0.2

export interface HeldOut {
  readonly fit: readonly SplitRange[]
  readonly heldOut: SplitRange
}

/**
 * Holds out the newest part, at most the whole of the last range.
 * @param ranges ascending and disjoint
 * @throws CandlewireError TRAINING_DATA_INSUFFICIENT if nothing would be left to fit
 */
export function holdOutNewest(times: RowTimes, ranges: readonly SplitRange[]): HeldOut {
  const total = ranges.reduce((sum, range) => sum + rowsOf(range), 0)
  const last = ranges.at(-1)
  if (last === undefined) throw new RangeError('There are no rows to hold any out of')
  const from = Math.max(last.from, last.to - Math.ceil(HELD_OUT_SHARE * total))
  const heldOut = { from, to: last.to }
  const fit = [...ranges.slice(0, -1), { from: last.from, to: from }]
    .map((range) => purgedBefore(times, range, from))
    .filter((range) => rowsOf(range) > 0)
  if (fit.length === 0 || rowsOf(heldOut) === 0)
    throw new CandlewireError(
      'TRAINING_DATA_INSUFFICIENT',
      `${total} rows are too few to hold some of them out`,
    )
  return { fit, heldOut }
}

/** Two parts of a range by time, the first purged. @param share of the rows in the first */
export function cutRange(
  times: RowTimes,
  range: SplitRange,
  share: number,
): readonly [SplitRange, SplitRange] {
  const middle = range.from + Math.round(share * rowsOf(range))
  return [
    purgedBefore(times, { from: range.from, to: middle }, middle),
    { from: middle, to: range.to },
  ]
}

/** The rows of a range whose labels are known before row `next` begins. */
function purgedBefore(times: RowTimes, range: SplitRange, next: number): SplitRange {
  const startMs = times.eventTimeMs[next] ?? Infinity
  let { to } = range
  for (let row = range.from; row < range.to; row += 1) {
    if ((times.labelTimeMs[row] ?? Infinity) < startMs) continue
    to = row
    break
  }
  return { from: range.from, to }
}

/**
 * The statistics of all columns as one number a group: what alarms are decided by.
 *
 * `ks`, `missing`, `out_of_range`: the largest (value - centre) / scale over the columns (the max-T of
 * Westfall and Young 1993). It finds what happens to few columns, however wide the set is.
 * `breadth`: the mean over the columns of the square of (KS distance - centre) / scale, where that is above 0.
 * It finds what happens to many columns a little, and is more certain the wider the set is.
 *
 * Groups have thresholds of their own: a measure whose tail is heavy (a price leaves the range of its
 * reference, and then by all of its values) must not set the threshold of the others.
 */
import { stabilised, type MeasureGroup, type NullScale, type NullScales } from './calibration.ts'

/** The statistics of a window, by column; NaN: nothing to be judged. */
export interface ColumnValues {
  readonly columns: number
  readonly ks: (column: number) => number
  readonly missing: (column: number) => number
  readonly outOfRange: (column: number) => number
}

export interface GroupStatistic {
  /** -Infinity where nothing can be compared. */
  readonly value: number
  /** Where it is largest; -1: it is of all columns. */
  readonly column: number
}

export type GroupStatistics = Readonly<Record<MeasureGroup, GroupStatistic>>

/** @param slack taken off every statistic, for what it may rise between two looks of the calibration */
export function groupStatistics(
  values: ColumnValues,
  scales: NullScales,
  slack: number,
): GroupStatistics {
  return {
    ks: largest(values.columns, (column) => studentisedKs(values, scales, slack, column)),
    breadth: breadth(values, scales, slack),
    missing: largestShare(values.columns, values.missing, scales.missing, slack),
    out_of_range: largestShare(values.columns, values.outOfRange, scales.outOfRange, slack),
  }
}

const studentisedKs = (
  values: ColumnValues,
  { ks }: NullScales,
  slack: number,
  column: number,
): number => (values.ks(column) - slack - ks.centre[column]!) / ks.scale[column]!

function breadth(values: ColumnValues, scales: NullScales, slack: number): GroupStatistic {
  let sum = 0
  let count = 0
  for (let column = 0; column < values.columns; column += 1) {
    const score = studentisedKs(values, scales, slack, column)
    if (score !== score) continue
    count += 1
    if (score > 0) sum += score * score
  }
  return { value: count === 0 ? -Infinity : sum / count, column: -1 }
}

const largestShare = (
  columns: number,
  shareOf: (column: number) => number,
  { centre, scale }: NullScale,
  slack: number,
): GroupStatistic =>
  largest(columns, (column) => {
    const share = shareOf(column) - slack
    // Nearly always 0: then there is nothing to transform. NaN stays NaN.
    const stable = share <= 0 ? 0 : stabilised(share)
    return (stable - centre[column]!) / scale[column]!
  })

function largest(columns: number, scoreOf: (column: number) => number): GroupStatistic {
  let value = -Infinity
  let at = -1
  for (let column = 0; column < columns; column += 1) {
    const score = scoreOf(column)
    // NaN is never larger.
    if (!(score > value)) continue
    value = score
    at = column
  }
  return { value, column: at }
}

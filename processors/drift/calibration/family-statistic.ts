/** The statistics of all columns as one number, see calibration.ts. */
import type { WindowComparison } from '../window/window-comparison.ts'
import type { DriftCalibration } from './calibration.ts'

export type FamilyMeasure = 'ks' | 'missing' | 'out_of_range' | 'breadth'

export interface FamilyStatistic {
  /** Largest (value - centre) / scale; -Infinity where nothing can be compared. */
  value: number
  /** Where it is largest; column -1 is the breadth. */
  measure: FamilyMeasure
  column: number
}

/** The statistics of a window, by column. */
export interface FamilyValues {
  readonly columns: number
  readonly ks: (column: number) => number
  readonly missing: (column: number) => number
  readonly outOfRange: (column: number) => number
}

export const familyValues = (comparison: WindowComparison): FamilyValues => ({
  columns: comparison.index.columns.length,
  ks: (column) => comparison.ks(column),
  missing: (column) => comparison.missing(column),
  outOfRange: (column) => comparison.outOfRange(column),
})

/** Mean KS distance over the columns that have one; NaN without any. */
export function breadthOf(values: FamilyValues): number {
  let sum = 0
  let count = 0
  for (let column = 0; column < values.columns; column += 1) {
    const ks = values.ks(column)
    if (ks !== ks) continue
    sum += ks
    count += 1
  }
  return sum / count
}

/** @param slack taken off every statistic, for what it may rise between two looks of the calibration */
export function familyStatistic(
  values: FamilyValues,
  calibration: Omit<DriftCalibration, 'dayMaxima'>,
  slack: number,
): FamilyStatistic {
  const { ks, missing, outOfRange, breadth } = calibration
  const largest: FamilyStatistic = { value: -Infinity, measure: 'ks', column: 0 }
  let sum = 0
  let count = 0
  const offer = (value: number, measure: FamilyMeasure, column: number): void => {
    // NaN is never larger.
    if (!(value > largest.value)) return
    largest.value = value
    largest.measure = measure
    largest.column = column
  }
  for (let column = 0; column < values.columns; column += 1) {
    const distance = values.ks(column)
    if (distance === distance) {
      sum += distance
      count += 1
      offer((distance - slack - ks.centre[column]!) / ks.scale[column]!, 'ks', column)
      const outside = values.outOfRange(column)
      offer(
        (outside - slack - outOfRange.centre[column]!) / outOfRange.scale[column]!,
        'out_of_range',
        column,
      )
    }
    const without = values.missing(column)
    offer((without - slack - missing.centre[column]!) / missing.scale[column]!, 'missing', column)
  }
  if (count > 0) offer((sum / count - slack - breadth.centre) / breadth.scale, 'breadth', -1)
  return largest
}

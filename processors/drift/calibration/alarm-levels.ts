/**
 * The levels that the groups of statistics must pass for an alarm: an equal part of the promised rate
 * for each, so that together they keep it whatever their dependence is (Bonferroni).
 */
import { alarmThreshold } from './alarm-threshold.ts'
import { MEASURE_GROUPS, type DriftCalibration, type MeasureGroup } from './calibration.ts'

export interface AlarmLevels {
  readonly of: Readonly<Record<MeasureGroup, number>>
  /** Expected false alarms a day with vectors, over all features of an instrument. */
  readonly expectedPerDay: number
  /** Days of the training period it rests on. */
  readonly days: number
  /** Whether the promise is rarer than anything these days can show. */
  readonly isExtrapolated: boolean
}

/**
 * What is no news whatever the training period was like: where no value was ever missing, the largest
 * of the training period is 0, and a few missing values of a day are no drift. 2 scales of a share that
 * was 0 are 4 %.
 */
const LEVEL_MIN: Readonly<Record<MeasureGroup, number>> = {
  ks: 1,
  breadth: 0.1,
  missing: 2,
  out_of_range: 2,
}

/** @param perDay promised false alarms a day, above 0, below 1 */
export function alarmLevels(
  { dayMaxima }: Pick<DriftCalibration, 'dayMaxima'>,
  perDay: number,
): AlarmLevels {
  const share = perDay / MEASURE_GROUPS.length
  const thresholds = MEASURE_GROUPS.map((group) => alarmThreshold(dayMaxima[group], share))
  const levels = MEASURE_GROUPS.map(
    (group, i) => [group, Math.max(LEVEL_MIN[group], thresholds[i]!.level)] as const,
  )
  return {
    of: Object.fromEntries(levels) as Record<MeasureGroup, number>,
    expectedPerDay: thresholds.reduce((sum, { expectedPerDay }) => sum + expectedPerDay, 0),
    days: thresholds[0]!.days,
    isExtrapolated: thresholds.some(({ isExtrapolated }) => isExtrapolated),
  }
}

/**
 * When there is drift: the thresholds of every column under a reference and the settings, and the
 * rule of the mode.
 *
 * `thresholds`: a feature has drifted where its KS distance or its missing share is above a fixed
 * number, and there is drift where more than a share of the features has. These numbers know nothing
 * of sample sizes and of how minutes hang together: a window of one day is always far from a year.
 *
 * `calibrated`: there is drift where the family statistic (calibration.ts) is above what the training
 * period reaches at the promised rate; the threshold of each feature follows from that one number.
 */
import { alarmThreshold, type AlarmThreshold } from '../calibration/alarm-threshold.ts'
import { slackBetweenLooks, type DriftCalibration } from '../calibration/calibration.ts'
import { familyStatistic, familyValues } from '../calibration/family-statistic.ts'
import type { DriftSettings } from '../drift-settings.ts'
import type { DriftReference } from '../reference/drift-reference.ts'
import type { WindowComparison } from '../window/window-comparison.ts'

export interface Verdict {
  readonly drifted: boolean
  /** Columns above a threshold. */
  readonly driftedColumns: readonly number[]
  /** Where the verdict comes from; undefined: nothing could be compared. */
  readonly worst: Worst | undefined
  /** Mean KS distance; NaN without any. */
  readonly meanKs: number
}

export interface Worst {
  /** Name of the feature, `(all)` for the mean KS distance. */
  readonly feature: string
  readonly measure: string
  readonly value: number
  readonly threshold: number
}

export const ALL_FEATURES = '(all)'

export class VerdictRule {
  readonly mode: 'calibrated' | 'thresholds'
  /** Of the calibrated mode. */
  readonly alarm: AlarmThreshold | undefined
  readonly ksThresholds: Float64Array
  readonly missingThresholds: Float64Array
  private readonly calibration: DriftCalibration | undefined
  private readonly breadthThreshold: number
  private readonly outOfRangeThresholds: Float64Array
  private readonly slack: number
  private readonly share: number

  constructor(reference: DriftReference, settings: DriftSettings) {
    const { calibration, index } = reference
    const isUsable = calibration?.windowVectors === settings.window
    this.calibration = isUsable && settings.mode !== 'thresholds' ? calibration : undefined
    this.mode = this.calibration === undefined ? 'thresholds' : 'calibrated'
    this.share = settings.share
    this.slack = slackBetweenLooks(settings.window)
    const columns = index.columns.length
    this.ksThresholds = new Float64Array(columns).fill(settings.ks)
    this.missingThresholds = index.missingShare.map((share) => share + settings.missing)
    this.outOfRangeThresholds = new Float64Array(columns).fill(Infinity)
    this.breadthThreshold = Infinity
    if (this.calibration === undefined) return
    const { ks, missing, outOfRange, breadth, dayMaxima } = this.calibration
    this.alarm = alarmThreshold(dayMaxima, settings.falseAlarmsPerDay)
    const level = this.alarm.familyThreshold
    for (let column = 0; column < columns; column += 1) {
      this.ksThresholds[column] = this.slack + ks.centre[column]! + level * ks.scale[column]!
      this.missingThresholds[column] =
        this.slack + missing.centre[column]! + level * missing.scale[column]!
      this.outOfRangeThresholds[column] =
        this.slack + outOfRange.centre[column]! + level * outOfRange.scale[column]!
    }
    this.breadthThreshold = this.slack + breadth.centre + level * breadth.scale
  }

  /** @param comparison its window is full */
  judge(comparison: WindowComparison): Verdict {
    const columns = comparison.index.columns.length
    const driftedColumns: number[] = []
    let sum = 0
    let count = 0
    for (let column = 0; column < columns; column += 1) {
      const ks = comparison.ks(column)
      if (ks === ks) {
        sum += ks
        count += 1
      }
      const isDrifted =
        ks > this.ksThresholds[column]! ||
        comparison.missing(column) > this.missingThresholds[column]! ||
        comparison.outOfRange(column) > this.outOfRangeThresholds[column]!
      if (isDrifted) driftedColumns.push(column)
    }
    const worst = this.worstOf(comparison)
    const isFamilyAbove = worst !== undefined && worst.value > worst.threshold
    const drifted =
      this.mode === 'calibrated' ? isFamilyAbove : driftedColumns.length > this.share * columns
    return { drifted, driftedColumns, worst, meanKs: sum / count }
  }

  private worstOf(comparison: WindowComparison): Worst | undefined {
    if (this.calibration === undefined) return this.largestKs(comparison)
    const { value, measure, column } = familyStatistic(
      familyValues(comparison),
      this.calibration,
      this.slack,
    )
    if (value === -Infinity) return undefined
    const feature = comparison.index.columns[column] ?? ALL_FEATURES
    const at = (thresholds: Float64Array, read: (column: number) => number): Worst => ({
      feature,
      measure,
      value: read(column),
      threshold: thresholds[column]!,
    })
    if (measure === 'ks') return at(this.ksThresholds, (each) => comparison.ks(each))
    if (measure === 'missing') return at(this.missingThresholds, (each) => comparison.missing(each))
    if (measure === 'out_of_range')
      return at(this.outOfRangeThresholds, (each) => comparison.outOfRange(each))
    const { breadth } = this.calibration
    // Back from the statistic, so that value and threshold say the same as it.
    const meanKs = value * breadth.scale + breadth.centre + this.slack
    return { feature: ALL_FEATURES, measure: 'ks', value: meanKs, threshold: this.breadthThreshold }
  }

  private largestKs(comparison: WindowComparison): Worst | undefined {
    let worst: Worst | undefined
    for (const [column, feature] of comparison.index.columns.entries()) {
      const value = comparison.ks(column)
      if (value > (worst?.value ?? -1))
        worst = { feature, measure: 'ks', value, threshold: this.ksThresholds[column]! }
    }
    return worst
  }
}

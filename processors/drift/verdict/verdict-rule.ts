/**
 * When there is drift: the thresholds of every column under a reference and the settings, and the
 * rule of the mode.
 *
 * `thresholds`: a feature has drifted where its KS distance or its missing share is above a fixed
 * number, and there is drift where more than a share of the features has. These numbers know nothing
 * of sample sizes and of how minutes hang together: a window of one day is always far from a year.
 *
 * `calibrated`: there is drift where the statistic of a group (group-statistics.ts) is above what the
 * training period reaches at the promised rate; the thresholds of each feature follow from the same levels.
 */
import { alarmLevels, type AlarmLevels } from '../calibration/alarm-levels.ts'
import {
  MEASURE_GROUPS,
  slackBetweenLooks,
  type DriftCalibration,
  type NullScale,
} from '../calibration/calibration.ts'
import { groupStatistics, type ColumnValues } from '../calibration/group-statistics.ts'
import type { DriftSettings } from '../drift-settings.ts'
import type { DriftReference } from '../reference/drift-reference.ts'
import { warmUpVectors } from '../vector-columns.ts'
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
  /** Name of the feature, `(all)` for the breadth. */
  readonly feature: string
  readonly measure: string
  readonly value: number
  readonly threshold: number
}

const ALL_FEATURES = '(all)'

export class VerdictRule {
  readonly mode: 'calibrated' | 'thresholds'
  /** Of the calibrated mode. */
  readonly alarm: AlarmLevels | undefined
  readonly ksThresholds: Float64Array
  readonly missingThresholds: Float64Array
  private readonly calibration: DriftCalibration | undefined
  private readonly outOfRangeThresholds: Float64Array
  private readonly slack: number
  private readonly share: number
  private readonly columns: readonly string[]
  /** Vectors of an instrument from which on a column is judged: its warm-up and a whole window. */
  private readonly judgedFrom: Int32Array

  constructor(reference: Pick<DriftReference, 'calibration' | 'index'>, settings: DriftSettings) {
    const { calibration, index } = reference
    const isUsable = calibration?.windowVectors === settings.window
    this.calibration = isUsable && settings.mode !== 'thresholds' ? calibration : undefined
    this.mode = this.calibration === undefined ? 'thresholds' : 'calibrated'
    this.share = settings.share
    this.columns = index.columns
    this.slack = slackBetweenLooks(settings.window)
    this.judgedFrom = Int32Array.from(
      index.columns,
      (name) => settings.window + warmUpVectors(name),
    )
    const columns = index.columns.length
    this.ksThresholds = new Float64Array(columns).fill(settings.ks)
    this.missingThresholds = index.missingShare.map((share) => share + settings.missing)
    this.outOfRangeThresholds = new Float64Array(columns).fill(Infinity)
    if (this.calibration === undefined) return
    const { ks, missing, outOfRange } = this.calibration
    this.alarm = alarmLevels(this.calibration, settings.falseAlarmsPerDay)
    const { of } = this.alarm
    const { slack } = this
    this.ksThresholds = thresholds(ks, of.ks, (at) => slack + at)
    const share = (stable: number): number =>
      stable >= Math.PI / 2 ? 1 : slack + Math.sin(Math.max(0, stable)) ** 2
    this.missingThresholds = thresholds(missing, of.missing, share)
    this.outOfRangeThresholds = thresholds(outOfRange, of.out_of_range, share)
  }

  /** Whether the window of an instrument with so many vectors is behind the warm-up of a column. */
  isJudged(column: number, vectors: number): boolean {
    return vectors >= this.judgedFrom[column]!
  }

  /**
   * @param comparison its window is full
   * @param vectors of the instrument up to now; columns that are not behind their warm-up are left out
   */
  judge(comparison: WindowComparison, vectors: number): Verdict {
    const read = (of: (column: number) => number) => (column: number) =>
      this.isJudged(column, vectors) ? of(column) : NaN
    const values: ColumnValues = {
      columns: this.columns.length,
      ks: read((column) => comparison.ks(column)),
      missing: read((column) => comparison.missing(column)),
      outOfRange: read((column) => comparison.outOfRange(column)),
    }
    const driftedColumns = this.driftedColumnsOf(values)
    const worst = this.worstOf(values)
    const isGroupAbove = worst !== undefined && worst.value > worst.threshold
    const isDrifted =
      this.mode === 'calibrated'
        ? isGroupAbove
        : driftedColumns.length > this.share * values.columns
    return { drifted: isDrifted, driftedColumns, worst, meanKs: meanOf(values) }
  }

  private driftedColumnsOf(values: ColumnValues): number[] {
    const drifted: number[] = []
    for (let column = 0; column < values.columns; column += 1) {
      const isDrifted =
        values.ks(column) > this.ksThresholds[column]! ||
        values.missing(column) > this.missingThresholds[column]! ||
        values.outOfRange(column) > this.outOfRangeThresholds[column]!
      if (isDrifted) drifted.push(column)
    }
    return drifted
  }

  /** Of the group that is farthest beyond its level, or nearest to it. */
  private worstOf(values: ColumnValues): Worst | undefined {
    if (this.calibration === undefined) return this.largestKs(values)
    const statistics = groupStatistics(values, this.calibration, this.slack)
    const levels = this.alarm!.of
    const excess = (group: (typeof MEASURE_GROUPS)[number]) =>
      statistics[group].value / levels[group]
    const group = MEASURE_GROUPS.reduce((worst, each) =>
      excess(each) > excess(worst) ? each : worst,
    )
    const { value, column } = statistics[group]
    if (value === -Infinity) return undefined
    if (group === 'breadth')
      return { feature: ALL_FEATURES, measure: group, value, threshold: levels.breadth }
    return this.worstOfColumn(values, group, column)
  }

  private worstOfColumn(
    values: ColumnValues,
    measure: 'ks' | 'missing' | 'out_of_range',
    column: number,
  ): Worst {
    const [read, of] = {
      ks: [values.ks, this.ksThresholds] as const,
      missing: [values.missing, this.missingThresholds] as const,
      out_of_range: [values.outOfRange, this.outOfRangeThresholds] as const,
    }[measure]
    const feature = this.columns[column]!
    return { feature, measure, value: read(column), threshold: of[column]! }
  }

  private largestKs(values: ColumnValues): Worst | undefined {
    let column = -1
    for (let each = 0; each < values.columns; each += 1)
      if (values.ks(each) > (column < 0 ? -1 : values.ks(column))) column = each
    return column < 0 ? undefined : this.worstOfColumn(values, 'ks', column)
  }
}

const thresholds = (
  { centre, scale }: NullScale,
  level: number,
  of: (at: number) => number,
): Float64Array => Float64Array.from(centre, (from, column) => of(from + level * scale[column]!))

/** Mean KS distance of the columns that have one; NaN without any. */
function meanOf(values: ColumnValues): number {
  let sum = 0
  let count = 0
  for (let column = 0; column < values.columns; column += 1) {
    const distance = values.ks(column)
    if (distance !== distance) continue
    sum += distance
    count += 1
  }
  return sum / count
}

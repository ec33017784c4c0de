/**
 * A life under the calibrated mode: a training period calibrates, live days follow, alarms are counted.
 * The window is a day of 48 half hours, so that thousands of days fit into seconds.
 */
import { calibrateDrift } from '../../processors/drift/calibration/calibrate-drift.ts'
import type { DriftSettings } from '../../processors/drift/drift-settings.ts'
import { driftReference } from '../../processors/drift/reference/drift-reference.ts'
import { VerdictRule } from '../../processors/drift/verdict/verdict-rule.ts'
import { WindowComparison } from '../../processors/drift/window/window-comparison.ts'
import { makeReferenceProfile } from '../../processors/models/make-reference-profile.ts'
import { autoregressiveMatrix } from './autoregressive-matrix.ts'

/** Vectors of a day, and of the window. */
export const DAY_VECTORS = 48
const STEP_MS = 86_400_000 / DAY_VECTORS
/** Rows the columns that warm up have no value in: more than a window, as the regime flags of SPY have. */
const WARM_UP = 60
const HEAVY = 4

export interface DriftLife {
  readonly seed: number
  readonly columns: number
  readonly trainingDays: number
  readonly liveDays: number
  /** Share of a value that stays in the next. */
  readonly persistence: number
  readonly falseAlarmsPerDay: number
  /** What is added to the first columns throughout the live days, in standard deviations. */
  readonly shift?: { readonly columns: number; readonly size: number }
}

export interface DriftLived {
  /** Live days on which the window was full. */
  readonly days: number
  readonly daysAbove: number
  /** Verdicts of drift after a window without one. */
  readonly alarms: number
  readonly expectedPerDay: number
  /** Vectors from the shift to the first verdict of drift; Infinity: never. */
  readonly delay: number
}

/**
 * Columns as they come in practice: of eight one is heavy-tailed, one is a flag, one is missing now and then,
 * one has a long warm-up; the others are normal.
 */
function matrixOf({ seed, columns, persistence }: DriftLife, rows: number): Float32Array {
  const matrix = autoregressiveMatrix({ seed, rows, columns, persistence })
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const at = row * columns + column
      const value = matrix[at]!
      if (column % 8 === 4) matrix[at] = Math.exp(HEAVY * value)
      else if (column % 8 === 5) matrix[at] = value > 1.5 ? 1 : 0
      else if (column % 8 === 6 && value < -2.3) matrix[at] = NaN
      else if (column % 8 === 7 && row < WARM_UP) matrix[at] = NaN
    }
  return matrix
}

export function liveUnderDrift(life: DriftLife): DriftLived {
  const { columns: width, trainingDays, liveDays, shift } = life
  const trained = trainingDays * DAY_VECTORS
  const rows = trained + liveDays * DAY_VECTORS
  const matrix = matrixOf(life, rows)
  const rule = ruleOf(life, matrix.subarray(0, trained * width))
  const window = new Float32Array(DAY_VECTORS * width)
  const columnOf = Int32Array.from({ length: width }, (_, column) => column)
  const { index } = rule.reference
  const source = { rows: window, width, columnOf }
  const comparison = new WindowComparison(index, DAY_VECTORS, source)
  const above = new Set<number>()
  let alarms = 0
  let last = -Infinity
  let delay = Infinity
  // The window is full of the training period when the live days begin.
  for (let row = trained - DAY_VECTORS; row < rows; row += 1) {
    const slot = row % DAY_VECTORS
    window.set(matrix.subarray(row * width, (row + 1) * width), slot * width)
    for (let column = 0; row >= trained && column < (shift?.columns ?? 0); column += 1)
      window[slot * width + column]! += shift!.size
    comparison.take(slot)
    if (row < trained || !rule.verdicts.judge(comparison, row).drifted) continue
    if (row - last > DAY_VECTORS) alarms += 1
    last = row
    delay = Math.min(delay, row - trained + 1)
    above.add(Math.floor(row / DAY_VECTORS))
  }
  const { expectedPerDay } = rule.verdicts.alarm!
  return { days: liveDays, daysAbove: above.size, alarms, expectedPerDay, delay }
}

function ruleOf({ columns: width, falseAlarmsPerDay }: DriftLife, matrix: Float32Array) {
  const rows = matrix.length / width
  const columns = Array.from({ length: width }, (_, column) => `column ${column}`)
  const eventTimeMs = Float64Array.from({ length: rows }, (_, row) => row * STEP_MS)
  const training = { columns, rows, matrix, eventTimeMs }
  const calibration = calibrateDrift({ ...training, windowVectors: DAY_VECTORS })
  const none = new Float64Array(rows)
  const profile = makeReferenceProfile(
    { ...training, predictions: none, labels: none },
    calibration,
  )
  const reference = driftReference({ ...IDENTITY, instruments: [] }, profile)
  return { reference, verdicts: new VerdictRule(reference, { ...SETTINGS, falseAlarmsPerDay }) }
}

const IDENTITY = {
  epoch: 1,
  modelName: 'm',
  modelVersion: '1',
  profileSha256: '',
  profileOffset: 0,
}
const SETTINGS: Omit<DriftSettings, 'falseAlarmsPerDay'> = {
  modelName: 'm',
  window: DAY_VECTORS,
  mode: 'calibrated',
  ks: 0.1,
  share: 0.3,
  missing: 0.05,
  retrain: false,
}

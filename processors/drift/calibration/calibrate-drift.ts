/**
 * How the drift statistics behave while nothing drifts: the training period, looked at as the live
 * stream will be.
 *
 * Consecutive minutes are anything but independent, and a window of a day is never like a year. So no
 * p-value is computed: every window of the training period is held against the rest of the period,
 * block by block (the reference of a block leaves out the block and a window's length on both sides,
 * as no live window is part of its reference), and what comes out *is* the null distribution, with the
 * autocorrelation, the daily pattern and the dependence between features that the data have.
 */
import { evenlySpacedRows } from '../../models/make-reference-profile.ts'
import { ReferenceIndex } from '../reference/reference-index.ts'
import { WindowComparison } from '../window/window-comparison.ts'
import { breadthOf, familyStatistic, familyValues, type FamilyValues } from './family-statistic.ts'
import {
  CALIBRATION_DAYS_MIN,
  lookEvery,
  toRecord,
  type DriftCalibration,
  type NullScale,
} from './calibration.ts'
import {
  DRIFT_WINDOW,
  type CalibrateDrift,
  type DriftCalibrationInput,
} from './calibration-input.ts'

/** Blocks the training period is cut into; each is looked at with a reference made of the others. */
const BLOCKS = 5
/** Rows looked at; of a longer training period evenly spaced stretches: some 20 s for 120 columns. */
const ROWS_MAX = 300_000
/** Windows in such a stretch, its first to fill included. */
const STRETCH_WINDOWS = 4
const DAY_MS = 86_400_000
/** Smallest scales: what never varied in training may still vary by this without being news. */
const FLOOR = { ks: 0.01, missing: 0.01, outOfRange: 0.01, breadth: 0.005 }

/** The statistics at one look. */
interface Look {
  readonly day: string
  readonly ks: Float32Array
  readonly missing: Float32Array
  readonly outOfRange: Float32Array
  readonly breadth: number
}

/** See {@link CalibrateDrift}; empty where the training period has fewer than 20 days to look at. */
export const calibrateDrift: CalibrateDrift = (input) => {
  const looks = looksAt(input)
  if (new Set(looks.map((look) => look.day)).size < CALIBRATION_DAYS_MIN) return {}
  const scales = {
    windowVectors: input.windowVectors ?? DRIFT_WINDOW,
    ks: scaleOf(looks, (look) => look.ks, FLOOR.ks),
    missing: scaleOf(looks, (look) => look.missing, FLOOR.missing),
    outOfRange: scaleOf(looks, (look) => look.outOfRange, FLOOR.outOfRange),
    breadth: scaleOfOne(
      looks.map((look) => look.breadth),
      FLOOR.breadth,
    ),
  }
  return toRecord({ ...scales, dayMaxima: dayMaxima(looks, scales) })
}

function looksAt(input: DriftCalibrationInput): Look[] {
  const window = input.windowVectors ?? DRIFT_WINDOW
  const every = lookEvery(window)
  const width = input.columns.length
  const columnOf = Int32Array.from({ length: width }, (_, column) => column)
  const looks: Look[] = []
  for (let block = 0; block < BLOCKS; block += 1) {
    const from = Math.floor((block * input.rows) / BLOCKS)
    const to = Math.floor(((block + 1) * input.rows) / BLOCKS)
    const index = new ReferenceIndex(referenceOutside(input, from - window, to + window))
    for (const stretch of stretchesOf(input, from, to, window)) {
      const rows = new Float32Array(window * width)
      const comparison = new WindowComparison(index, window, { rows, width, columnOf })
      for (let i = 0; i < stretch.length; i += 1) {
        const row = stretch[i]!
        const slot = i % window
        rows.set(input.matrix.subarray(row * width, (row + 1) * width), slot * width)
        comparison.take(slot)
        if (i + 1 >= window && (i + 1 - window) % every === 0)
          looks.push(lookAt(comparison, dayOf(input, row)))
      }
    }
  }
  return looks
}

/** A reference of the rows outside `[from, to)`. */
function referenceOutside(input: DriftCalibrationInput, from: number, to: number) {
  const { columns, matrix, rows } = input
  const width = columns.length
  const kept = [
    ...Array.from({ length: Math.max(0, from) }, (_, row) => row),
    ...Array.from({ length: Math.max(0, rows - to) }, (_, i) => to + i),
  ]
  const picked = evenlySpacedRows(kept.length)
  const values = new Float32Array(picked.length * width)
  for (let column = 0; column < width; column += 1)
    for (let i = 0; i < picked.length; i += 1)
      values[column * picked.length + i] = matrix[kept[picked[i]!]! * width + column]!
  return { columns, rows: picked.length, values }
}

/** Rows of a block that are looked at, each list of one instrument and in order of time. */
function stretchesOf(
  input: DriftCalibrationInput,
  from: number,
  to: number,
  window: number,
): number[][] {
  const byInstrument = new Map<number, number[]>()
  for (let row = from; row < to; row += 1) {
    const instrument = input.instrumentOfRow?.[row] ?? 0
    const rows = byInstrument.get(instrument)
    if (rows === undefined) byInstrument.set(instrument, [row])
    else rows.push(row)
  }
  const rowsMax = Math.floor(ROWS_MAX / BLOCKS / byInstrument.size)
  const length = STRETCH_WINDOWS * window
  return [...byInstrument.values()].flatMap((rows) => {
    if (rows.length <= rowsMax) return [rows]
    const stretches = Math.floor(rows.length / length)
    const kept = evenlySpacedRows(stretches, Math.max(1, Math.floor(rowsMax / length)))
    return [...kept].map((stretch) => rows.slice(stretch * length, (stretch + 1) * length))
  })
}

/** Instrument and UTC day: an alarm is promised rare per instrument. */
const dayOf = (input: DriftCalibrationInput, row: number): string =>
  `${input.instrumentOfRow?.[row] ?? 0}/${Math.floor(input.eventTimeMs[row]! / DAY_MS)}`

function lookAt(comparison: WindowComparison, day: string): Look {
  const columns = comparison.index.columns.length
  const all = (read: (column: number) => number) =>
    Float32Array.from({ length: columns }, (_, column) => read(column))
  return {
    day,
    ks: all((column) => comparison.ks(column)),
    missing: all((column) => comparison.missing(column)),
    outOfRange: all((column) => comparison.outOfRange(column)),
    breadth: breadthOf(familyValues(comparison)),
  }
}

/** Centre: the median. Scale: from there to the upper decile. */
function scaleOfOne(values: readonly number[], floor: number) {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort()
  if (sorted.length === 0) return { centre: 0, scale: floor }
  const centre = sorted[Math.floor((sorted.length - 1) / 2)]!
  const upper = sorted[Math.floor((sorted.length - 1) * 0.9)]!
  return { centre, scale: Math.max(floor, upper - centre) }
}

function scaleOf(
  looks: readonly Look[],
  read: (look: Look) => Float32Array,
  floor: number,
): NullScale {
  const columns = read(looks[0]!).length
  const each = Array.from({ length: columns }, (_, column) =>
    scaleOfOne(
      looks.map((look) => read(look)[column]!),
      floor,
    ),
  )
  return { centre: each.map((one) => one.centre), scale: each.map((one) => one.scale) }
}

function dayMaxima(looks: readonly Look[], scales: Omit<DriftCalibration, 'dayMaxima'>): number[] {
  const largest = new Map<string, number>()
  for (const look of looks) {
    const value = familyStatistic(valuesOf(look), scales, 0).value
    largest.set(look.day, Math.max(value, largest.get(look.day) ?? -Infinity))
  }
  return [...largest.values()].filter(Number.isFinite).sort((a, b) => b - a)
}

const valuesOf = ({ ks, missing, outOfRange }: Look): FamilyValues => ({
  columns: ks.length,
  ks: (column) => ks[column]!,
  missing: (column) => missing[column]!,
  outOfRange: (column) => outOfRange[column]!,
})

/**
 * How the drift statistics behave while nothing drifts: the training period, looked at as the live
 * stream will be.
 *
 * Consecutive minutes are anything but independent, and a window of a day is never like a year. So no
 * p-value is computed: every window of the training period is held against the rest of the period,
 * block by block (the reference of a block leaves out the block and a window's length on both sides,
 * as no live window is part of its reference), and what comes out *is* the null distribution, with the
 * autocorrelation, the daily pattern and the dependence between features that the data have. The days
 * of a block are scored by scales of the other blocks, as a day to come is.
 *
 * The rows before the first value of a column are its warm-up: windows that reach into it say nothing
 * of that column.
 */
import { evenlySpacedRows } from '../../models/make-reference-profile.ts'
import { ReferenceIndex } from '../reference/reference-index.ts'
import { WindowComparison } from '../window/window-comparison.ts'
import {
  DRIFT_WINDOW,
  type CalibrateDrift,
  type DriftCalibrationInput,
} from './calibration-input.ts'
import { CALIBRATION_DAYS_MIN, lookEvery, toRecord } from './calibration.ts'
import { dayMaximaOf, scalesOf, type Look } from './null-scales.ts'
import { warmUps } from './warm-ups.ts'

/** Blocks the training period is cut into; each is looked at with a reference made of the others. */
const BLOCKS = 5
/** Rows looked at; of a longer training period evenly spaced stretches: some 20 s for 120 columns. */
const ROWS_MAX = 300_000
/** Windows in such a stretch, its first to fill included. */
const STRETCH_WINDOWS = 4
const DAY_MS = 86_400_000

/** See {@link CalibrateDrift}; empty where the training period has fewer than 20 days to look at. */
export const calibrateDrift: CalibrateDrift = (input) => {
  const looks = looksAt(input)
  if (new Set(looks.map((look) => look.day)).size < CALIBRATION_DAYS_MIN) return {}
  return toRecord({
    windowVectors: input.windowVectors ?? DRIFT_WINDOW,
    ...scalesOf(looks),
    dayMaxima: dayMaximaOf(looks),
  })
}

function looksAt(input: DriftCalibrationInput): Look[] {
  const window = input.windowVectors ?? DRIFT_WINDOW
  const every = lookEvery(window)
  const width = input.columns.length
  const columnOf = Int32Array.from({ length: width }, (_, column) => column)
  const looks: Look[] = []
  const warm = warmUps(input)
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
          looks.push(
            lookAt(comparison, {
              block,
              day: dayOf(input, row),
              isJudged: (column) => warm(stretch[i + 1 - window]!, column),
            }),
          )
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

interface LookPlace extends Pick<Look, 'block' | 'day'> {
  /** Whether the window is behind the warm-up of a column. */
  readonly isJudged: (column: number) => boolean
}

function lookAt(comparison: WindowComparison, { block, day, isJudged }: LookPlace): Look {
  const columns = comparison.index.columns.length
  const all = (read: (column: number) => number) =>
    Float32Array.from({ length: columns }, (_, column) => (isJudged(column) ? read(column) : NaN))
  return {
    block,
    day,
    ks: all((column) => comparison.ks(column)),
    missing: all((column) => comparison.missing(column)),
    outOfRange: all((column) => comparison.outOfRange(column)),
  }
}

/**
 * The promise against series with no drift at all: features that remember and hang together, whose
 * distribution never changes. A training period calibrates, live days follow; exceedances and alarms are
 * counted over many series. The window is 48 vectors, a day of half hours, so that thousands of days fit.
 */
import { describe, expect, it } from 'vitest'
import { autoregressiveMatrix } from '../../../test/support/autoregressive-matrix.ts'
import { makeReferenceProfile } from '../../models/make-reference-profile.ts'
import type { DriftSettings } from '../drift-settings.ts'
import { driftReference } from '../reference/drift-reference.ts'
import { VerdictRule } from '../verdict/verdict-rule.ts'
import { WindowComparison } from '../window/window-comparison.ts'
import { calibrateDrift } from './calibrate-drift.ts'

const DAY = 48
const COLUMNS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const TRAINING_DAYS = 150
const LIVE_DAYS = 200
const SERIES = 4

interface Series {
  readonly persistence: number
  readonly falseAlarmsPerDay: number
  /** Added to two of the columns in the live days. */
  readonly shift: number
  /** Days that are lived through; unset: LIVE_DAYS. */
  readonly liveDays?: number
}

/** Days with a verdict of drift, and alarms (a verdict after a window without), per series. */
function live(
  seed: number,
  { persistence, falseAlarmsPerDay, shift, liveDays = LIVE_DAYS }: Series,
) {
  const width = COLUMNS.length
  const trained = TRAINING_DAYS * DAY
  const rows = trained + liveDays * DAY
  const matrix = autoregressiveMatrix({ seed, rows, columns: width, persistence })
  const training = {
    columns: COLUMNS,
    rows: trained,
    matrix: matrix.subarray(0, trained * width),
    eventTimeMs: Float64Array.from({ length: trained }, (_, row) => row * 1_800_000),
  }
  const calibration = calibrateDrift({ ...training, windowVectors: DAY })
  const none = new Float64Array(trained)
  const profile = makeReferenceProfile(
    { ...training, predictions: none, labels: none },
    calibration,
  )
  const identity = {
    epoch: 1,
    modelName: 'm',
    modelVersion: '1',
    profileSha256: '',
    profileOffset: 0,
    instruments: [],
  }
  const reference = driftReference(identity, profile)
  const settings: DriftSettings = {
    modelName: 'm',
    window: DAY,
    mode: 'calibrated',
    falseAlarmsPerDay,
    ks: 0.1,
    share: 0.3,
    missing: 0.05,
    retrain: false,
  }
  const rule = new VerdictRule(reference, settings)
  const window = new Float32Array(DAY * width)
  const columnOf = Int32Array.from({ length: width }, (_, column) => column)
  const comparison = new WindowComparison(reference.index, DAY, { rows: window, width, columnOf })
  const days = new Set<number>()
  let alarms = 0
  let lastAbove = -Infinity
  for (let row = trained; row < rows; row += 1) {
    const slot = (row - trained) % DAY
    window.set(matrix.subarray(row * width, (row + 1) * width), slot * width)
    window[slot * width]! += shift
    window[slot * width + 1]! += shift
    comparison.take(slot)
    if (row - trained + 1 < DAY || !rule.judge(comparison).drifted) continue
    if (row - lastAbove > DAY) alarms += 1
    lastAbove = row
    days.add(Math.floor(row / DAY))
  }
  return { days: days.size, alarms, expected: rule.alarm!.expectedPerDay }
}

describe('false alarms of the calibrated mode', () => {
  it.each([
    { persistence: 0.5, falseAlarmsPerDay: 0.05, shift: 0 },
    { persistence: 0.95, falseAlarmsPerDay: 0.05, shift: 0 },
    { persistence: 0.9, falseAlarmsPerDay: 0.01, shift: 0 },
  ])('are within the promise where nothing drifts: %o', (series) => {
    let alarms = 0
    let promised = 0
    for (let seed = 1; seed <= SERIES; seed += 1) {
      const counted = live(seed, series)
      alarms += counted.alarms
      promised += counted.expected * LIVE_DAYS
      expect(counted.expected).toBeLessThanOrEqual(series.falseAlarmsPerDay)
    }
    // Two standard deviations of a Poisson count above it.
    expect(alarms).toBeLessThanOrEqual(promised + 2 * Math.sqrt(promised))
  })

  it('do not cost the power to see a shift of two of eight features within days', () => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const series = { persistence: 0.5, falseAlarmsPerDay: 0.01, shift: 1.5, liveDays: 5 }
      expect(live(seed, series).days).toBeGreaterThanOrEqual(3)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { autoregressiveMatrix } from '../../../test/support/autoregressive-matrix.ts'
import { alarmThreshold } from './alarm-threshold.ts'
import { calibrateDrift } from './calibrate-drift.ts'
import { fromProfile } from './calibration.ts'

const columns = ['a', 'b', 'c', 'd', 'e']
/** 60 days of 48 vectors: a day of half hours, with a window of a day. */
const training = (seed: number, rows = 60 * 48) => ({
  columns,
  rows,
  matrix: autoregressiveMatrix({ seed, rows, columns: columns.length, persistence: 0.9 }),
  eventTimeMs: Float64Array.from({ length: rows }, (_, row) => row * 1_800_000),
  windowVectors: 48,
})

describe('calibrateDrift', () => {
  it('is the same for the same training period, and a profile carries it', () => {
    const calibration = calibrateDrift(training(1))
    expect(calibrateDrift(training(1))).toEqual(calibration)
    const read = fromProfile({ columns, calibration })
    expect(read?.windowVectors).toBe(48)
    expect(read?.dayMaxima.length).toBeGreaterThan(40)
    expect(read?.dayMaxima).toEqual([...read!.dayMaxima].sort((a, b) => b - a))
  })

  it('says nothing of a training period of a few days', () => {
    expect(calibrateDrift(training(1, 15 * 48))).toEqual({})
  })

  it('keeps the windows of instruments apart', () => {
    const one = training(3)
    const rows = one.rows * 2
    const matrix = new Float32Array(rows * columns.length)
    const width = columns.length
    // The second instrument is the first, a thousand higher: a mixed window would be like neither.
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < width; column += 1)
        matrix[row * width + column] = one.matrix[(row >> 1) * width + column]! + (row % 2) * 1_000
    const calibration = calibrateDrift({
      ...one,
      rows,
      matrix,
      eventTimeMs: Float64Array.from({ length: rows }, (_, row) => (row >> 1) * 1_800_000),
      instrumentOfRow: Uint16Array.from({ length: rows }, (_, row) => row % 2),
    })
    // Of a reference that is half the one and half the other, each window fills one half.
    for (const centre of calibration['ks.centre']!) {
      expect(centre).toBeGreaterThan(0.5)
      expect(centre).toBeLessThan(0.65)
    }
  })

  it('refuses a calibration of other columns', () => {
    const calibration = calibrateDrift(training(1))
    expect(() => fromProfile({ columns: ['a'], calibration })).toThrow(/ks.centre for 1 columns/)
  })
})

describe('alarmThreshold', () => {
  const dayMaxima = Array.from({ length: 99 }, (_, i) => 99 - i)

  it('is the k-th largest of N days where k / (N + 1) is promised', () => {
    expect(alarmThreshold(dayMaxima, 0.05)).toEqual({
      familyThreshold: 95,
      expectedPerDay: 0.05,
      days: 99,
      isExtrapolated: false,
    })
    expect(alarmThreshold(dayMaxima, 0.059).expectedPerDay).toBe(0.05)
  })

  it('continues the tail for a promise the days cannot show, and says so', () => {
    const rare = alarmThreshold(dayMaxima, 0.001)
    const rarer = alarmThreshold(dayMaxima, 0.0001)
    expect(rare.isExtrapolated).toBe(true)
    expect(rare.familyThreshold).toBeGreaterThan(99)
    expect(rarer.familyThreshold).toBeGreaterThan(rare.familyThreshold)
  })
})

import { describe, expect, it } from 'vitest'
import { autoregressiveMatrix } from '../../../test/support/autoregressive-matrix.ts'
import { alarmLevels } from './alarm-levels.ts'
import { alarmThreshold } from './alarm-threshold.ts'
import { calibrateDrift } from './calibrate-drift.ts'
import { fromProfile, isOutdated } from './calibration.ts'

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
    expect(read?.dayMaxima.ks.length).toBeGreaterThan(40)
    for (const maxima of Object.values(read!.dayMaxima))
      expect(maxima).toEqual([...maxima].sort((a, b) => b - a))
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

  it('leaves the warm-up of a column out, which would be as far as a share can go', () => {
    const one = training(1)
    const width = columns.length
    const withWarmUp = one.matrix.slice()
    // Longer than a window, as the regime flags of minutes are.
    for (let row = 0; row < 60; row += 1) withWarmUp[row * width + 2] = NaN
    const { 'missing.day_maxima': maxima } = calibrateDrift({ ...one, matrix: withWarmUp })
    expect(maxima).toEqual(calibrateDrift(one)['missing.day_maxima'])
    // A gap later on is no warm-up.
    const withGap = one.matrix.slice()
    for (let row = 1_000; row < 1_060; row += 1) withGap[row * width + 2] = NaN
    expect(Math.max(...calibrateDrift({ ...one, matrix: withGap })['missing.day_maxima']!)).toBe(
      (Math.PI / 2) * 10,
    )
  })

  it('keeps a measure with a heavy tail from setting the threshold of the others', () => {
    const one = training(1)
    const width = columns.length
    const levels = (matrix: Float32Array) => {
      const calibration = calibrateDrift({ ...one, matrix })
      return alarmLevels(fromProfile({ columns, calibration })!, 0.1)
    }
    const matrix = one.matrix.slice()
    // A column that leaves the range of everything else for three days.
    for (let row = 0; row < 3 * 48; row += 1) matrix[row * width] = 100 + row
    const tame = levels(one.matrix).of
    const wild = levels(matrix).of
    expect(wild.out_of_range).toBeGreaterThan(2 * tame.out_of_range)
    expect(wild.breadth).toBeLessThan(4 * tame.breadth)
    expect(wild.missing).toBe(tame.missing)
  })

  it('is passed over where it is of the format before, and refused where it is of a later one', () => {
    const calibration = calibrateDrift(training(1))
    const { format, ...before } = calibration
    expect(format).toEqual([2])
    expect(isOutdated({ calibration: before })).toBe(true)
    expect(fromProfile({ columns, calibration: before })).toBeUndefined()
    expect(isOutdated({ calibration })).toBe(false)
    expect(isOutdated({ calibration: {} })).toBe(false)
    const later = { ...calibration, format: [3] }
    expect(() => fromProfile({ columns, calibration: later })).toThrow(/is of format 3/)
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
      level: 95,
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
    expect(rare.level).toBeGreaterThan(99)
    expect(rarer.level).toBeGreaterThan(rare.level)
  })
})

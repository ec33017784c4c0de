/**
 * The promise against series with no drift at all: features that remember and hang together, some
 * heavy-tailed, missing now and then or long in warming up, whose distribution never changes. And what it
 * costs: shifts of few and of many of 76 features are still found.
 */
import { describe, expect, it } from 'vitest'
import { liveUnderDrift } from '../../../test/support/drift-life.ts'
import { mostFalseAlarms } from '../../../test/support/false-alarm-bound.ts'

const SERIES = 3
const LIVE_DAYS = 150

describe('false alarms of the calibrated mode', () => {
  it.each([
    { columns: 8, persistence: 0.5, falseAlarmsPerDay: 0.05, trainingDays: 150 },
    { columns: 8, persistence: 0.95, falseAlarmsPerDay: 0.05, trainingDays: 150 },
    { columns: 76, persistence: 0.9, falseAlarmsPerDay: 0.02, trainingDays: 100 },
  ])(
    'are within the promise where nothing drifts: %o',
    async (series) => {
      let alarms = 0
      let promised = 0
      for (let seed = 1; seed <= SERIES; seed += 1) {
        const lived = liveUnderDrift({ ...series, seed, liveDays: LIVE_DAYS })
        alarms += lived.alarms
        promised += lived.expectedPerDay
        expect(lived.expectedPerDay).toBeLessThanOrEqual(series.falseAlarmsPerDay)
        await nextTurn()
      }
      expect(alarms).toBeLessThanOrEqual(mostFalseAlarms(SERIES * LIVE_DAYS, promised / SERIES))
    },
    120_000,
  )

  it.each([
    { columns: 2, size: 3, withinDays: 2 },
    { columns: 20, size: 1, withinDays: 2 },
  ])(
    'do not cost the power to find a shift among 76 features: %o',
    async (shift) => {
      for (let seed = 1; seed <= SERIES; seed += 1) {
        const life = { columns: 76, persistence: 0.5, falseAlarmsPerDay: 0.02, trainingDays: 100 }
        const { delay } = liveUnderDrift({ ...life, seed, liveDays: shift.withinDays, shift })
        expect(delay).toBeLessThan(Infinity)
        await nextTurn()
      }
    },
    120_000,
  )
})

/** A worker that computes for a minute without a pause is taken for dead. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { waitAfterFailureMs, waitAfterSuccessMs } from './poll-schedule.ts'

const HOUR = 3_600_000
const least = () => 0
const most = () => 1 - Number.EPSILON

describe('waitAfterSuccessMs', () => {
  it('is the interval, spread a little', () => {
    expect(waitAfterSuccessMs(300_000, undefined, least)).toBe(300_000)
    expect(waitAfterSuccessMs(300_000, undefined, most)).toBeCloseTo(330_000)
  })

  it('is longer where the source says so, up to an hour, and never shorter', () => {
    expect(waitAfterSuccessMs(300_000, 1_800_000, least)).toBe(1_800_000)
    expect(waitAfterSuccessMs(300_000, 24 * HOUR, least)).toBe(HOUR)
    expect(waitAfterSuccessMs(300_000, 1_000, least)).toBe(300_000)
    expect(waitAfterSuccessMs(2 * HOUR, 24 * HOUR, least)).toBe(2 * HOUR)
  })
})

describe('waitAfterFailureMs', () => {
  it('doubles up to six hours', () => {
    const waits = [1, 2, 3, 4].map(
      (n) => waitAfterFailureMs(300_000, n, undefined, least) / 300_000,
    )
    expect(waits).toEqual([1, 2, 4, 8])
    expect(waitAfterFailureMs(300_000, 50, undefined, most)).toBeCloseTo(6 * HOUR)
  })

  it('is never before a retry-after, which counts for a day at most', () => {
    expect(waitAfterFailureMs(300_000, 1, HOUR, most)).toBe(HOUR)
    expect(waitAfterFailureMs(300_000, 1, 1_000, least)).toBe(300_000)
    expect(waitAfterFailureMs(300_000, 1, 1_000 * HOUR, most)).toBe(24 * HOUR)
  })

  it('stays within its bounds', () => {
    const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 30_000, max: 24 * HOUR }),
        fc.integer({ min: 1, max: 10_000 }),
        uniform,
        (poll, failures, random) => {
          const wait = waitAfterFailureMs(poll, failures, undefined, () => random)
          expect(wait).toBeGreaterThanOrEqual(poll)
          expect(wait).toBeLessThanOrEqual(Math.max(poll, 6 * HOUR))
        },
      ),
    )
  })
})

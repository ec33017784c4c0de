import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutRange, holdOutNewest } from './hold-out.ts'

/** Rows a minute apart whose labels are known `horizon` minutes later. */
const timesOf = (rows: number, horizon: number) => ({
  eventTimeMs: Float64Array.from({ length: rows }, (_, row) => row * 60_000),
  labelTimeMs: Float64Array.from({ length: rows }, (_, row) => (row + horizon) * 60_000),
})

describe('holdOutNewest', () => {
  it('keeps no row whose label reaches into what is held out', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 1_000 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 100 }),
        (rows, horizon, gap) => {
          const times = timesOf(rows + gap, horizon)
          const ranges = [
            { from: 0, to: 100 },
            { from: 100 + gap, to: rows + gap },
          ]
          const { fit, heldOut } = holdOutNewest(times, ranges)
          expect(heldOut.to).toBe(rows + gap)
          for (const { from, to } of fit) {
            expect(to).toBeGreaterThan(from)
            expect(times.labelTimeMs[to - 1]).toBeLessThan(times.eventTimeMs[heldOut.from]!)
          }
          expect(heldOut.to - heldOut.from).toBeLessThanOrEqual(Math.ceil(0.2 * rows))
        },
      ),
    )
  })

  it('refuses where nothing is left', () => {
    expect(() => holdOutNewest(timesOf(10, 30), [{ from: 0, to: 10 }])).toThrow(/too few/)
    expect(() => holdOutNewest(timesOf(10, 1), [])).toThrow(RangeError)
  })
})

it('cuts a range in two and purges the first', () => {
  expect(cutRange(timesOf(100, 30), { from: 0, to: 100 }, 0.5)).toEqual([
    { from: 0, to: 20 },
    { from: 50, to: 100 },
  ])
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SPLIT_NAMES, splitByTime, type RowTimes } from './time-split.ts'

const MINUTE_MS = 60_000

/** Event times with gaps and ties (several instruments), labels up to five days ahead. */
const anyTimes: fc.Arbitrary<RowTimes> = fc
  .array(
    fc.record({
      stepMinutes: fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 1, max: 4000 })),
      horizonMinutes: fc.oneof(fc.constant(30), fc.integer({ min: 1, max: 7200 })),
    }),
    { minLength: 1, maxLength: 400 },
  )
  .map((rows) => {
    let now = 1_700_000_000_000
    const eventTimeMs = Float64Array.from(
      rows,
      ({ stepMinutes }) => (now += stepMinutes * MINUTE_MS),
    )
    const labelTimeMs = eventTimeMs.map(
      (at, row) => at + (rows[row]?.horizonMinutes ?? 0) * MINUTE_MS,
    )
    return { eventTimeMs, labelTimeMs }
  })

function regularGrid(rows: number): RowTimes {
  const eventTimeMs = Float64Array.from({ length: rows }, (_, row) => row * MINUTE_MS)
  return { eventTimeMs, labelTimeMs: eventTimeMs.map((at) => at + 30 * MINUTE_MS) }
}

describe('splitByTime', () => {
  it('lets no label of an earlier split reach into a later one', () => {
    fc.assert(
      fc.property(anyTimes, fc.integer({ min: 0, max: 600 }), (times, embargoMinutes) => {
        const embargoMs = embargoMinutes * MINUTE_MS
        const { ranges } = splitByTime(times, { embargoMs })
        for (const [index, name] of SPLIT_NAMES.entries()) {
          const { from, to } = ranges[name]
          const labels = times.labelTimeMs.subarray(from, to)
          for (const later of SPLIT_NAMES.slice(index + 1)) {
            if (ranges[later].to === ranges[later].from) continue
            const startMs = times.eventTimeMs[ranges[later].from] ?? NaN
            for (const labelMs of labels) expect(labelMs).toBeLessThan(startMs - embargoMs)
          }
        }
      }),
    )
  })

  it('orders the splits, overlaps nothing, divides no event time and accounts for every row', () => {
    fc.assert(
      fc.property(anyTimes, (times) => {
        const { ranges, purgedRows } = splitByTime(times)
        let end = 0
        let used = 0
        for (const name of SPLIT_NAMES) {
          const { from, to } = ranges[name]
          expect(from).toBeGreaterThanOrEqual(end)
          expect(to).toBeGreaterThanOrEqual(from)
          if (to > from && from > 0) {
            expect(times.eventTimeMs[from]).toBeGreaterThan(times.eventTimeMs[from - 1] ?? NaN)
          }
          end = to
          used += to - from
        }
        expect(used + purgedRows).toBe(times.eventTimeMs.length)
      }),
    )
  })

  it('cuts a regular grid into 60/15/15/10 and purges the 30 rows before each boundary', () => {
    const { ranges, purgedRows } = splitByTime(regularGrid(10_000), { secondOutOfTimeRows: 0 })
    expect(ranges).toEqual({
      train: { from: 0, to: 5970 },
      validation: { from: 6000, to: 7470 },
      test: { from: 7500, to: 8970 },
      out_of_time: { from: 9000, to: 10_000 },
      out_of_time_2: { from: 10_000, to: 10_000 },
    })
    expect(purgedRows).toBe(90)
  })

  it('sets the newest 10,000 rows aside first, and the embargo before every boundary', () => {
    const { ranges, purgedRows } = splitByTime(regularGrid(210_000), { embargoMs: 60 * MINUTE_MS })
    expect(ranges).toEqual({
      train: { from: 0, to: 119_910 },
      validation: { from: 120_000, to: 149_910 },
      test: { from: 150_000, to: 179_910 },
      out_of_time: { from: 180_000, to: 199_910 },
      out_of_time_2: { from: 200_000, to: 210_000 },
    })
    expect(purgedRows).toBe(4 * 90)
  })

  it('takes no more than a tenth of a small data set for the second out-of-time split', () => {
    const { ranges } = splitByTime(regularGrid(2_000))
    expect(ranges.out_of_time_2).toEqual({ from: 1_800, to: 2_000 })
    expect(ranges.out_of_time.from).toBe(1_620)
  })
})

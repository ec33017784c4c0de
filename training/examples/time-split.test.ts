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

describe('splitByTime', () => {
  it('lets no label of an earlier split reach into a later one', () => {
    fc.assert(
      fc.property(anyTimes, (times) => {
        const { ranges } = splitByTime(times)
        for (const [index, name] of SPLIT_NAMES.entries()) {
          const { from, to } = ranges[name]
          const labels = times.labelTimeMs.subarray(from, to)
          for (const later of SPLIT_NAMES.slice(index + 1)) {
            if (ranges[later].to === ranges[later].from) continue
            const startMs = times.eventTimeMs[ranges[later].from] ?? NaN
            for (const labelMs of labels) expect(labelMs).toBeLessThan(startMs)
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
    const eventTimeMs = Float64Array.from({ length: 10_000 }, (_, row) => row * MINUTE_MS)
    const labelTimeMs = eventTimeMs.map((at) => at + 30 * MINUTE_MS)
    const { ranges, purgedRows } = splitByTime({ eventTimeMs, labelTimeMs })
    expect(ranges).toEqual({
      train: { from: 0, to: 5970 },
      validation: { from: 6000, to: 7470 },
      test: { from: 7500, to: 8970 },
      out_of_time: { from: 9000, to: 10_000 },
    })
    expect(purgedRows).toBe(90)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addRow,
  firstRowAfter,
  outcomeRows,
  ROW_TARGET,
  ROW_WIDTH,
  rowCount,
  type OutcomeRows,
} from './outcome-rows.ts'

const targets = (rows: OutcomeRows): number[] =>
  Array.from(
    { length: rowCount(rows) },
    (_, at) => rows.data[(rows.from + at) * ROW_WIDTH + ROW_TARGET]!,
  )

describe('the rows of outcomes', () => {
  it('are the newest ones by target time, each once, in whatever order they came', () => {
    const arbitrary = fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 1_500 })
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 900 }), (times, keptMs) => {
        const rows = outcomeRows()
        let naive: number[] = []
        for (const time of times) {
          const newest = Math.max(-Infinity, ...naive)
          const isNew = time > newest - keptMs && !naive.includes(time)
          expect(addRow(rows, [time, time, 0, NaN, NaN, NaN], keptMs)).toBe(isNew)
          if (!isNew) continue
          naive = [...naive, time].sort((a, b) => a - b)
          naive = naive.filter((each) => each > naive.at(-1)! - keptMs)
        }
        expect(targets(rows)).toEqual(naive)
        const middle = naive[Math.floor(naive.length / 2)] ?? 0
        expect(rows.to - firstRowAfter(rows, middle)).toBe(
          naive.filter((each) => each > middle).length,
        )
      }),
      { numRuns: 40 },
    )
  })

  it('take no more room than twice the longest window needs', () => {
    const rows = outcomeRows()
    for (let at = 0; at < 50_000; at += 1) addRow(rows, [at, 0, 0, NaN, NaN, NaN], 1_000)
    expect([rowCount(rows), rows.data.length / ROW_WIDTH]).toEqual([1_000, 2_048])
  })
})

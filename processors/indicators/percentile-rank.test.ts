import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryLayout } from './memory-layout.ts'
import { PercentileRank } from './percentile-rank.ts'

function ranksOf(values: readonly number[], length: number): number[] {
  const layout = new MemoryLayout()
  layout.reserve(2)
  const rank = new PercentileRank(layout, length)
  const memory = layout.initialMemory()
  return values.map((value) => rank.update(memory, value))
}

describe('percentile rank', () => {
  it('is the share of the last n values that are not above the newest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (values, length) => {
          const wanted = values.map((value, i) => {
            const window = values.slice(Math.max(0, i + 1 - length), i + 1)
            return window.length < length
              ? NaN
              : window.filter((other) => other <= value).length / length
          })
          expect(ranksOf(values, length)).toEqual(wanted)
        },
      ),
    )
  })

  it('takes values that differ in their last bits only as equal', () => {
    expect(ranksOf([0.1 + 0.2, 0.3, 0.5, 0.3], 4).at(-1)).toBe(0.75)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExponentialAverage } from './exponential-average.ts'
import { MemoryLayout } from './memory-layout.ts'

function averagesOf(
  make: (layout: MemoryLayout) => ExponentialAverage,
  inputs: readonly number[],
): number[] {
  const layout = new MemoryLayout()
  const average = make(layout)
  const memory = layout.initialMemory()
  return inputs.map((input) => average.update(memory, input))
}

describe('exponential average', () => {
  it('starts as the mean of the first n values, then moves by alpha', () => {
    expect(averagesOf((layout) => ExponentialAverage.ema(layout, 3), [1, 2, 6, 7])).toEqual([
      NaN,
      NaN,
      3,
      5,
    ])
    expect(averagesOf((layout) => ExponentialAverage.wilder(layout, 4), [1, 2, 3, 6, 7])).toEqual([
      NaN,
      NaN,
      NaN,
      3,
      4,
    ])
  })

  it('gives equal inputs exactly themselves', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e6, noNaN: true }), (value) => {
        const averages = averagesOf(
          (layout) => ExponentialAverage.ema(layout, 26),
          new Array<number>(60).fill(value),
        )
        expect(averages.slice(25).every((average) => average === value)).toBe(true)
      }),
    )
  })
})

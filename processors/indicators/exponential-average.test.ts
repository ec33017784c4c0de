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

  it('keeps the difference of two averages to more digits than they have', () => {
    // The exact values are integers over powers of two, so that they can be worked out in bigint.
    const layout = new MemoryLayout()
    const [fast, slow] = [ExponentialAverage.ema(layout, 3), ExponentialAverage.ema(layout, 7)]
    const memory = layout.initialMemory()
    const closes = Array.from({ length: 40 }, (_, i) => 1_000_000 + ((i * 37) % 11) / 1024)
    const exact = (n: number, shift: bigint): number => {
      const scaled = closes.map((close) => BigInt(close * 1024))
      // Fixed point with 400 fractional bits; both alphas are powers of two.
      let average = (scaled.slice(0, n).reduce((a, b) => a + b) << 400n) / BigInt(n)
      for (const close of scaled.slice(n)) average += ((close << 400n) - average) >> shift
      return Number(average - (1_000_000n << 410n)) / 2 ** 410
    }
    for (const close of closes) {
      fast.update(memory, close)
      slow.update(memory, close)
    }
    const difference = exact(3, 1n) - exact(7, 2n)
    expect(fast.minus(memory, slow) / difference).toBeCloseTo(1, 12)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deviationOf,
  meanOf,
  nestedDeviations,
  squaresAbout,
  squaresAboutMean,
  sumAbout,
  sumOf,
} from './window-sums.ts'

describe('window sums', () => {
  it('are those of the values that end at the index', () => {
    const memory = Float64Array.of(99, 1, 2, 3, 99)
    expect(sumOf(memory, 3, 3)).toBe(6)
    expect(meanOf(memory, 3, 3)).toBe(2)
    expect(deviationOf(memory, 3, 3)).toBe(1)
    expect(squaresAboutMean(sumAbout(memory, 3, 3, 3), squaresAbout(memory, 3, 3, 3), 3)).toBe(2)
  })

  it('give equal values exactly themselves and a deviation of exactly 0', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e6, noNaN: true }), (value) => {
        const memory = new Float64Array(50).fill(value)
        expect([meanOf(memory, 49, 50), deviationOf(memory, 49, 50)]).toEqual([value, 0])
      }),
    )
  })

  it('are null with a null in the window', () => {
    const memory = Float64Array.of(1, NaN, 3, 4)
    expect([sumOf(memory, 3, 3), meanOf(memory, 3, 3), deviationOf(memory, 3, 3)]).toEqual([
      NaN,
      NaN,
      NaN,
    ])
    expect(sumOf(memory, 3, 2)).toBe(7)
  })

  it('are the same nested as alone', () => {
    const memory = Float64Array.from({ length: 60 }, (_, i) => Math.sin(i) / 7)
    const both = new Float64Array(2)
    nestedDeviations(memory, 59, both, 0)
    expect(both[0]! / deviationOf(memory, 59, 20)).toBeCloseTo(1, 14)
    expect(both[1]! / deviationOf(memory, 59, 50)).toBeCloseTo(1, 14)
    memory[15] = NaN
    nestedDeviations(memory, 59, both, 0)
    expect(both[0]).toBeGreaterThan(0)
    expect(both[1]).toBeNaN()
  })

  it('keep ten digits of a deviation that is a millionth of a millionth of the values', () => {
    const memory = Float64Array.from({ length: 20 }, (_, i) => 1e6 + (i % 2) * 2 ** -20)
    const exact = 2 ** -20 * Math.sqrt(0.25 * (20 / 19))
    expect(deviationOf(memory, 19, 20) / exact).toBeCloseTo(1, 10)
  })
})

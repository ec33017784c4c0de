import { expect, it } from 'vitest'
import { corwinSchultzSpread } from './corwin-schultz.ts'

it('follows the published formula', () => {
  const [range, before, both] = [Math.log(101 / 99), Math.log(102 / 99.5), Math.log(102 / 99)]
  const b = range ** 2 + before ** 2
  const d = 3 - 2 * Math.sqrt(2)
  const a = (Math.sqrt(2 * b) - Math.sqrt(b)) / d - Math.sqrt(both ** 2 / d)
  expect(corwinSchultzSpread(range, before, both)).toBeCloseTo(
    (2 * (Math.exp(a) - 1)) / (1 + Math.exp(a)),
    14,
  )
})

it('is 0 where the estimate is negative, and null with a null', () => {
  expect(corwinSchultzSpread(0.001, 0.001, 0.1)).toBe(0)
  expect(corwinSchultzSpread(0, 0, 0)).toBe(0)
  expect(corwinSchultzSpread(0.001, NaN, NaN)).toBeNaN()
})

it('is exactly 0 for a flat bar inside the range of the other', () => {
  for (let ticks = 1; ticks < 500; ticks++) {
    const range = Math.log1p(ticks / 7919)
    expect([corwinSchultzSpread(range, 0, range), corwinSchultzSpread(0, range, range)]).toEqual([
      0, 0,
    ])
  }
})

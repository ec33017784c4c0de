import { expect, it } from 'vitest'
import { highestOf, lowestOf } from './window-extremes.ts'

it('gives the extremes of the window alone', () => {
  const memory = Float64Array.of(9, 2, 5, 3, 0)
  expect([highestOf(memory, 3, 3), lowestOf(memory, 3, 3)]).toEqual([5, 2])
})

it('is null with a null in the window', () => {
  const memory = Float64Array.of(NaN, 2, 5)
  expect([highestOf(memory, 2, 3), lowestOf(memory, 2, 3), lowestOf(memory, 2, 2)]).toEqual([
    NaN,
    NaN,
    2,
  ])
})

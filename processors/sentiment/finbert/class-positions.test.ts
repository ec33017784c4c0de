import { expect, it } from 'vitest'
import { classPositions } from './class-positions.ts'

it('finds the classes wherever they stand', () => {
  expect(classPositions({ 0: 'positive', 1: 'negative', 2: 'neutral' })).toEqual([0, 1, 2])
  expect(classPositions({ 0: 'Neutral', 1: 'Positive', 2: 'Negative' })).toEqual([1, 2, 0])
})

it.each([
  [undefined, 'none'],
  [{ 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' }, 'label_0'],
  [{ 0: 'positive', 1: 'negative' }, 'negative'],
  [{ 0: 'positive', 1: 'negative', 2: 'neutral', 3: 'mixed' }, 'mixed'],
  [{ 0: 'positive', 1: 'positive', 2: 'neutral' }, 'positive'],
])('refuses labels %j and tells them', (labels, told) => {
  expect(() => classPositions(labels)).toThrow(told)
})

import { expect, it } from 'vitest'
import { driftMap } from './drift-map.ts'

const report = (timeMs: number, ks: (number | null)[], drifted = ks.map(() => false)) => ({
  timeMs,
  feature: ['a', 'b', 'c'],
  ks,
  threshold: [0.1, 0.2, 0.4],
  drifted,
})

it('puts the features farthest beyond their thresholds first, at any time of the span', () => {
  const map = driftMap([
    report(1, [0.05, 0.6, 0.1], [false, true, false]),
    report(2, [0.09, 0.1, null]),
  ])
  expect(map.features).toEqual(['b', 'a', 'c'])
  expect(map.times).toEqual([1, 2])
  expect(map.cells).toHaveLength(5)
  const [, first] = map.cells
  expect(first?.slice(0, 2)).toEqual([0, 0])
  expect(first?.[2]).toBeCloseTo(3, 12)
  expect(first?.[3]).toBe(true)
})

it('shows only so many, and says how many there are', () => {
  const map = driftMap([report(1, [0.05, 0.6, 0.1])], 1)
  expect(map).toMatchObject({ features: ['b'], known: 3 })
  expect(map.cells).toHaveLength(1)
  expect(driftMap([])).toEqual({ times: [], features: [], cells: [], known: 0 })
})

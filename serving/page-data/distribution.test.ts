import fc from 'fast-check'
import { expect, it } from 'vitest'
import { distributionOf } from './distribution.ts'

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

it('shares out both samples over the same bins, all of what is there', () => {
  const sample = fc.array(
    fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(NaN)),
    {
      maxLength: 200,
    },
  )
  fc.assert(
    fc.property(sample, sample, (reference, current) => {
      const found = distributionOf(reference, current)
      expect(found.edges).toHaveLength(found.reference.length + 1)
      for (let i = 1; i < found.edges.length; i += 1)
        expect(found.edges[i]!).toBeGreaterThan(found.edges[i - 1]!)
      for (const [values, shares, missing] of [
        [reference, found.reference, found.referenceMissing],
        [current, found.current, found.currentMissing],
      ] as const) {
        const present = values.filter((value) => !Number.isNaN(value)).length
        expect(sum(shares)).toBeCloseTo(present === 0 ? 0 : 1, 9)
        expect(missing).toBeCloseTo(values.length === 0 ? 0 : 1 - present / values.length, 9)
      }
    }),
  )
})

it('puts equal samples into equal shares, and what lies beyond into the outer bins', () => {
  const reference = Array.from({ length: 1_000 }, (_, i) => i)
  const same = distributionOf(reference, reference)
  expect(same.current).toEqual(same.reference)
  const beyond = distributionOf(reference, [-1e9, 1e9, 1e9, NaN])
  expect([beyond.current[0], beyond.current.at(-1)]).toEqual([1 / 3, 2 / 3])
  expect(beyond.currentMissing).toBe(0.25)
})

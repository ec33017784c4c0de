/** The contract of every measure, walking the registry: nothing but window and reference counts. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparisonOf } from '../../../test/support/comparison-of.ts'
import { DRIFT_MEASURES } from './drift-measures.ts'

/** Few distinct values make ties and gaps of several values; NaN is missing. */
const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -4, max: 12 }).map((v) => v / 4) },
  { weight: 3, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }).map(Math.fround) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 3e38) },
)
const reference = fc.array(value, { minLength: 1, maxLength: 90 })
const capacity = fc.integer({ min: 1, max: 40 })
const stream = fc.array(value, { minLength: 1, maxLength: 140 })

const isThere = (v: number) => Number.isFinite(v)
const shareAtMost = (values: readonly number[], x: number) =>
  values.filter((v) => v <= x).length / values.length

/** The definition of the distance, point by point. */
function naiveKs(one: readonly number[], other: readonly number[]): number {
  const points = [...one, ...other]
  return Math.max(...points.map((x) => Math.abs(shareAtMost(one, x) - shareAtMost(other, x))))
}

function naiveWasserstein(one: readonly number[], other: readonly number[]): number {
  const points = [...one, ...other].sort((a, b) => a - b)
  let area = 0
  for (const [i, x] of points.slice(0, -1).entries())
    area += Math.abs(shareAtMost(one, x) - shareAtMost(other, x)) * (points[i + 1]! - x)
  return area
}

describe('every drift measure', () => {
  it('is what its definition says at every step, ties and missing values included', () => {
    fc.assert(
      fc.property(reference, capacity, stream, (ref, size, values) => {
        const { comparison, take } = comparisonOf([ref], size)
        const one = ref.map(Math.fround).filter(isThere)
        for (const [step, next] of values.entries()) {
          take([next])
          const rows = values.slice(Math.max(0, step + 1 - size), step + 1)
          const other = rows.map(Math.fround).filter(isThere)
          expect(comparison.missing(0)).toBeCloseTo(1 - other.length / rows.length, 12)
          if (one.length === 0 || other.length === 0) {
            for (const name of ['ks', 'psi', 'wasserstein'] as const)
              expect(comparison[name](0), name).toBeNaN()
            continue
          }
          expect(comparison.ks(0)).toBeCloseTo(naiveKs(one, other), 12)
          const area = naiveWasserstein(one, other)
          const points = [...one, ...other]
          const span = Math.max(...points) - Math.min(...points)
          expect(Math.abs(comparison.wasserstein(0) - area)).toBeLessThanOrEqual(
            1e-9 * area + 1e-13 * span,
          )
          expect(comparison.psi(0)).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('depends on the window alone: built anew from its rows it has the same bits', () => {
    fc.assert(
      fc.property(reference, capacity, stream, (ref, size, values) => {
        const lived = comparisonOf([ref], size)
        for (const next of values) lived.take([next])
        const rebuilt = comparisonOf([ref], size)
        // In the order of the slots, as a restore reads them.
        const slots: number[] = []
        for (const [step, next] of values.entries()) slots[step % size] = next
        for (const next of slots) rebuilt.take([next])
        for (const { id, read } of DRIFT_MEASURES)
          expect(read(rebuilt.comparison, 0), id).toBe(read(lived.comparison, 0))
      }),
      { numRuns: 150 },
    )
  })

  it('is zero, or next to it, where the window is the reference', () => {
    fc.assert(
      fc.property(reference, (ref) => {
        const { comparison, take } = comparisonOf([ref], ref.length)
        for (const next of ref) take([next])
        const [missing] = [ref.filter((v) => !isThere(v)).length / ref.length]
        expect(comparison.missing(0)).toBeCloseTo(missing, 12)
        if (missing === 1) return
        expect(comparison.ks(0)).toBe(0)
        expect(comparison.psi(0)).toBe(0)
        expect(comparison.outOfRange(0)).toBe(0)
        expect(comparison.wasserstein(0)).toBeLessThanOrEqual(1e-9 * 3e38)
      }),
    )
  })

  it('of one column does not depend on the columns beside it', () => {
    fc.assert(
      fc.property(reference, capacity, stream, (ref, size, values) => {
        const alone = comparisonOf([ref], size)
        const beside = comparisonOf([ref.map((v) => -v), ref, ref.map(() => NaN)], size)
        for (const next of values) {
          alone.take([next])
          beside.take([next / 3, next, next])
        }
        for (const { id, read } of DRIFT_MEASURES)
          expect(read(beside.comparison, 1), id).toBe(read(alone.comparison, 0))
      }),
      { numRuns: 60 },
    )
  })
})

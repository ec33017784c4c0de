import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { conformalHalfWidth, probabilityAboveZero } from './conformal-interval.ts'

interface Case {
  readonly coverage: number
  readonly residuals: readonly number[]
  readonly predicted: number
  readonly low: number
  readonly high: number
}

/** See golden/SOURCE.md. */
const cases = JSON.parse(
  readFileSync(new URL('./golden/conformal.json', import.meta.url), 'utf8'),
) as Case[]
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const errors = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
  minLength: 1,
  maxLength: 60,
})

describe('conformal intervals', () => {
  it.each(cases.map((each) => [each.residuals.length, each.coverage, each] as const))(
    'of %i errors at %f are those of another implementation',
    (_, coverage, { residuals, predicted, low, high }) => {
      const half = conformalHalfWidth(ascending(residuals.map(Math.abs)), coverage) ?? expect.fail()
      expect(Math.abs(predicted - half - low)).toBeLessThan(1e-12)
      expect(Math.abs(predicted + half - high)).toBeLessThan(1e-12)
    },
  )

  it('are none where there are too few errors for the coverage', () => {
    expect(conformalHalfWidth([1, 2, 3, 4, 5, 6, 7, 8], 0.9)).toBeNull()
    expect(conformalHalfWidth([1, 2, 3, 4, 5, 6, 7, 8, 9], 0.9)).toBe(9)
    expect(conformalHalfWidth([], 0.5)).toBeNull()
  })

  it('cover at least their share of the errors they are made from', () => {
    fc.assert(
      fc.property(errors, fc.constantFrom(0.5, 0.8, 0.9), (values, coverage) => {
        const sizes = ascending(values.map(Math.abs))
        const half = conformalHalfWidth(sizes, coverage)
        if (half === null) return
        const covered = sizes.filter((size) => size <= half).length
        expect(covered).toBeGreaterThanOrEqual(coverage * sizes.length)
      }),
    )
  })
})

describe('the probability of a move up', () => {
  it('counts the errors that would leave the return above 0', () => {
    const sorted = [-3, -1, 0, 0, 2]
    expect(probabilityAboveZero(sorted, 1)).toBe((3 + 0.5 + 1) / 7)
    expect(probabilityAboveZero(sorted, 10)).toBe(6 / 7)
    expect(probabilityAboveZero(sorted, -10)).toBe(1 / 7)
    expect(probabilityAboveZero([], 3)).toBe(0.5)
  })

  it('rises with the prediction, and that of the mirror image is the rest', () => {
    const number = fc.double({ min: -5, max: 5, noNaN: true })
    fc.assert(
      fc.property(errors, number, number, (values, a, b) => {
        const sorted = ascending(values)
        const [less, more] = a < b ? [a, b] : [b, a]
        const up = probabilityAboveZero(sorted, less)
        expect(up).toBeLessThanOrEqual(probabilityAboveZero(sorted, more))
        const mirrored = ascending(values.map((value) => -value))
        expect(up + probabilityAboveZero(mirrored, -less)).toBeCloseTo(1, 12)
      }),
    )
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { directionTold, pearson, ranksOf } from './association.ts'

interface Case {
  readonly name: string
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly pearson: number
  readonly spearman: number
  readonly ranks: readonly number[]
  readonly direction: number
}

const cases = JSON.parse(
  readFileSync(new URL('./golden/association.json', import.meta.url), 'utf8'),
) as Case[]

describe('associations', () => {
  it.each(cases)('are those of scipy: $name', (expected) => {
    const [x, y] = [Float64Array.from(expected.x), Float64Array.from(expected.y)]
    const ranks = ranksOf(x)
    expect([...ranks]).toEqual(expected.ranks)
    expect(pearson(x, y)).toBeCloseTo(expected.pearson, expected.name === 'level' ? 9 : 12)
    expect(pearson(ranks, ranksOf(y))).toBeCloseTo(expected.spearman, 12)
    expect(directionTold(ranks, y)).toBeCloseTo(expected.direction, 12)
  })

  it('leave out pairs with a missing value, and find none in what does not vary', () => {
    const x = Float64Array.of(1, NaN, 2, 3, 9)
    expect(pearson(x, Float64Array.of(2, 7, 4, 6, NaN))).toBeCloseTo(1, 12)
    expect(pearson(x, new Float64Array(5).fill(4))).toBe(0)
    expect(directionTold(ranksOf(Float64Array.of(1, 2)), Float64Array.of(1, 1))).toBe(0)
  })
})

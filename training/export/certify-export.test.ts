import { describe, expect, it } from 'vitest'
import { adversarialRows, spread } from './adversarial-rows.ts'
import { certifyExport, type Answers } from './certify-export.ts'
import { goldenRows } from './golden-rows.ts'

const answers = (native: number[], exported: number[]) => ({
  native: Float64Array.from(native),
  exported: Float64Array.from(exported),
})
const nothing = answers([], [])
const evidence = (real: Answers, adversarial = nothing, branchFlips = 0) => ({
  real,
  adversarial,
  branchFlips,
})

describe('certifyExport', () => {
  it('counts rows and takes NaN for equal to NaN', () => {
    expect(
      certifyExport('x', evidence(answers([1, NaN, -0], [1, NaN, -0]), answers([2], [2])), 0),
    ).toEqual({
      rows: 4,
      adversarialRows: 1,
      worstDifference: 0,
      differentRows: 0,
      branchFlips: 0,
    })
  })

  it.each([
    ['the last bit', [1], [1 + Number.EPSILON]],
    ['the sign of zero', [0], [-0]],
    ['NaN', [NaN], [1]],
    ['an infinity', [Infinity], [1]],
    ['a missing answer', [1], []],
  ])('refuses a difference in %s where every bit is asked for', (_, native, exported) => {
    const check = () => certifyExport('lightgbm', evidence(nothing, answers(native, exported)), 0)
    expect(check).toThrow(
      expect.objectContaining({
        code: 'EXPORT_NOT_EXACT',
        details: expect.objectContaining({ differentRows: 1 }) as object,
      }) as Error,
    )
  })

  it('reports differences within the tolerance and refuses larger ones', () => {
    expect(certifyExport('ar7_ridge', evidence(answers([1], [1 + 1e-13])), 1e-12)).toMatchObject({
      differentRows: 1,
    })
    expect(() => certifyExport('ar7_ridge', evidence(answers([1], [1 + 1e-11])), 1e-12)).toThrow(
      /ar7_ridge/,
    )
    expect(() => certifyExport('ar7_ridge', evidence(answers([NaN], [1])), 1e-12)).toThrow(
      /ar7_ridge/,
    )
  })
})

describe('certifyExport with trees', () => {
  it('refuses another leaf even where every answer is equal', () => {
    expect(() => certifyExport('lightgbm', evidence(answers([1], [1]), nothing, 1), 0)).toThrow(
      /another branch in 1/,
    )
  })
})

describe('adversarialRows', () => {
  it('puts the floats around every threshold into a real row, the same each time', () => {
    const real = Float32Array.from([1, 2, 3, 4, 5, 6])
    const thresholds = [
      { column: 0, value: 0.1 },
      { column: 2, value: -7 },
    ]
    const rows = adversarialRows(real, 3, thresholds)
    const near = Math.fround(0.1)
    const firsts = [0, 1, 2].map((row) => rows[row * 3]!)
    expect(firsts[1]).toBe(near)
    expect(firsts[0]).toBeLessThan(near)
    expect(firsts[2]).toBeGreaterThan(near)
    expect(rows[4 * 3 + 2]).toBe(-7)
    expect(adversarialRows(real, 3, thresholds)).toEqual(rows)
  })

  it('stays bounded however many thresholds there are', () => {
    const thresholds = Array.from({ length: 100_000 }, (_, index) => ({ column: 0, value: index }))
    expect(adversarialRows(Float32Array.of(1), 1, thresholds).length).toBeLessThan(30_000)
    expect(spread(thresholds, 8_000).at(-1)!.value).toBeGreaterThan(99_000)
  })
})

describe('goldenRows', () => {
  it('spreads over time and includes rows with gaps', () => {
    const rows = 1_000
    const matrix = Float32Array.from({ length: rows }, (_, row) => (row % 100 === 99 ? NaN : row))
    const times = new Float64Array(rows)
    const dataset = {
      columns: ['a'],
      rows,
      matrix,
      labels: times,
      eventTimeMs: times,
      labelTimeMs: times,
    }
    const chosen = goldenRows(dataset)
    expect(chosen).toHaveLength(16)
    expect(chosen.filter((row) => Number.isNaN(matrix[row])).length).toBeGreaterThanOrEqual(4)
    expect(chosen[0]).toBeLessThan(100)
    expect(chosen.at(-1)).toBeGreaterThan(700)
    expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b))
  })
})

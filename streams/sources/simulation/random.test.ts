import { describe, expect, it } from 'vitest'
import { Random } from './random.ts'

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw)
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe('Random', () => {
  it('repeats itself for a seed and a stream, and for no other', () => {
    const of = (seed: number, stream: string) => {
      const random = new Random(seed, stream)
      return draws(20, () => random.bits())
    }
    expect(of(1, 'market')).toEqual(of(1, 'market'))
    expect(of(1, 'market')).not.toEqual(of(2, 'market'))
    expect(of(1, 'market')).not.toEqual(of(1, 'news'))
  })

  it('is uniform and normal to within four standard errors', () => {
    const random = new Random(7, 'test')
    const uniforms = draws(100_000, () => random.uniform())
    expect(Math.min(...uniforms.slice(0, 1000))).toBeGreaterThan(0)
    expect(Math.abs(mean(uniforms) - 0.5)).toBeLessThan(
      (4 * Math.sqrt(1 / 12)) / Math.sqrt(100_000),
    )
    const normals = draws(100_000, () => random.normal())
    expect(Math.abs(mean(normals))).toBeLessThan(4 / Math.sqrt(100_000))
    expect(Math.abs(mean(normals.map((value) => value ** 2)) - 1)).toBeLessThan(
      (4 * Math.SQRT2) / Math.sqrt(100_000),
    )
    expect(Math.abs(mean(normals.map((value) => value ** 4)) - 3)).toBeLessThan(
      (4 * Math.sqrt(96)) / Math.sqrt(100_000),
    )
  })
})

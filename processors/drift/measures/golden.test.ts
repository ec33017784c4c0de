/** Against scipy, numpy and River; see ../golden/SOURCE.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { comparisonOf } from '../../../test/support/comparison-of.ts'
import { pageHinkley, stepPageHinkley } from './page-hinkley.ts'
import type { WindowComparison } from '../window/window-comparison.ts'

interface Look {
  readonly ks: number
  readonly wasserstein: number
  readonly psi: number
  readonly missing: number
  readonly outOfRange: number
}

const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../golden', name), 'utf8')) as T
const numberOf = (value: number | null): number => value ?? NaN

function expectLook(comparison: WindowComparison, look: Look, where: string): void {
  expect(comparison.ks(0), `${where} ks`).toBeCloseTo(look.ks, 12)
  expect(comparison.missing(0), `${where} missing`).toBeCloseTo(look.missing, 12)
  expect(comparison.outOfRange(0), `${where} out of range`).toBeCloseTo(look.outOfRange, 12)
  for (const measure of ['psi', 'wasserstein'] as const) {
    const [got, want] = [comparison[measure](0), look[measure]]
    expect(Math.abs(got - want), `${where} ${measure} ${got} ${want}`).toBeLessThanOrEqual(
      1e-9 * Math.max(1e-3, Math.abs(want)),
    )
  }
}

describe('drift measures against scipy', () => {
  const { window, cases } = golden<{
    window: number
    cases: {
      name: string
      reference: (number | null)[]
      values: (number | null)[]
      looks: (Look | null)[]
    }[]
  }>('measures.json')

  it.each(cases)('equal it with every step: $name', ({ reference, values, looks }) => {
    const { comparison, take } = comparisonOf([reference.map(numberOf)], window)
    for (const [step, value] of values.entries()) {
      take([numberOf(value)])
      const look = looks[step]!
      if (look === null) expect(comparison.ks(0)).toBeNaN()
      else expectLook(comparison, look, `step ${step}`)
    }
  })

  const folder = process.env['CANDLEWIRE_TEST_DATA']
  it.skipIf(folder === undefined)('equal it on windows of SPY (CANDLEWIRE_TEST_DATA)', () => {
    const { looks } = golden<{ looks: ({ feature: string; end: number } & Look)[] }>('spy.json')
    const path = join(folder!, 'candles/spy_1min_2024-02_2025-04.csv.gz')
    const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n').slice(1)
    const candles = lines.map((line) => line.trim().split(',').slice(1).map(Number))
    const features: Record<string, (row: number) => number> = {
      close: (row) => candles[row]![3]!,
      return_1: (row) => (row === 0 ? NaN : 100 * (candles[row]![3]! / candles[row - 1]![3]! - 1)),
      hl_range: (row) => candles[row]![1]! - candles[row]![2]!,
      volume: (row) => candles[row]![4]!,
    }
    for (const [name, valueOf] of Object.entries(features)) {
      const wanted = new Map(looks.filter((l) => l.feature === name).map((l) => [l.end, l]))
      const reference = Array.from({ length: 10_000 }, (_, i) => valueOf(i * 5))
      const { comparison, take } = comparisonOf([reference], 1_440)
      for (let row = 50_000; row < candles.length; row += 1) {
        take([valueOf(row)])
        const look = wanted.get(row + 1)
        if (look !== undefined) expectLook(comparison, look, `${name} at ${row}`)
        wanted.delete(row + 1)
      }
      expect(wanted.size).toBe(0)
    }
  })
})

describe('Page-Hinkley', () => {
  it('reports a change where River does', () => {
    const { values, changes } = golden<{ values: number[]; changes: number[] }>('page-hinkley.json')
    const state = pageHinkley()
    const found: number[] = []
    for (const [i, value] of values.entries())
      if (stepPageHinkley(state, value) !== undefined) found.push(i)
    expect(changes.length).toBeGreaterThanOrEqual(2)
    expect(found).toEqual(changes)
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSyntheticSpool } from '../../test/support/synthetic-examples.ts'
import { JOB_DEFAULTS } from '../../test/support/training-job.ts'
import { loadDataset, type LoadedDataset } from '../examples/load-dataset.ts'
import { checkQuality, refuseBadQuality, type QualityContext } from './check-quality.ts'
import { describeQuality, qualityNotes } from './describe-quality.ts'
import type { CheckName, QualityReport } from './quality-report.ts'

let folder: string
let loaded: LoadedDataset
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlewire-quality-'))
  const spool = await writeSyntheticSpool(folder, { rows: 1_500 })
  loaded = await loadDataset({ ...JOB_DEFAULTS, spool })
})
afterAll(() => rm(folder, { recursive: true }))

const NOWHERE: QualityContext = { newestVectorMs: null }
const outcomes = (report: QualityReport): Partial<Record<CheckName, string>> =>
  Object.fromEntries(
    report.checks
      .filter(({ outcome }) => outcome !== 'passed')
      .map(({ name, outcome, findings }) => [
        name,
        `${outcome}: ${findings.map(({ subject }) => subject).join(' ')}`,
      ]),
  )

/** The same data set with one column made anew. */
function planted(column: string, valueOf: (row: number) => number): LoadedDataset {
  const { dataset } = loaded
  const matrix = dataset.matrix.slice()
  const at = dataset.columns.indexOf(column)
  expect(at).toBeGreaterThanOrEqual(0)
  for (let row = 0; row < dataset.rows; row += 1)
    matrix[row * dataset.columns.length + at] = valueOf(row)
  return { ...loaded, dataset: { ...dataset, matrix } }
}

/** Standard normal by position: two of the uniform numbers of the synthetic examples' generator. */
function normal(row: number): number {
  const uniform = (index: number) => {
    let mixed = Math.imul((index + 0x7f4a7c15) ^ ((index + 0x7f4a7c15) >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
  return (
    Math.sqrt(-2 * Math.log(uniform(2 * row) + 1e-12)) *
    Math.cos(2 * Math.PI * uniform(2 * row + 1))
  )
}
const label = (row: number) => loaded.dataset.labels[row]!
const spread = () => Math.sqrt(loaded.dataset.labels.reduce((sum, y) => sum + y * y, 0) / 1_500)

describe('checkQuality', () => {
  it('passes ordinary examples, with the column that is never there named', () => {
    const report = checkQuality(loaded, NOWHERE)
    expect(outcomes(report)).toEqual({ missing: 'warned: rsi_14 return_30' })
    expect(report.outcome).toBe('warned')
    expect(() => refuseBadQuality(report)).not.toThrow()
    expect(qualityNotes(report)).toEqual([
      'Quality check missing: rsi_14 is missing in 100.00 % of the rows, and 1 more.',
    ])
  })

  it.each<[string, (row: number) => number]>([
    ['the label', label],
    ['the label, scaled and turned', (row) => 7 - 1_000 * label(row)],
    ['the label, bent', (row) => Math.exp(12 * label(row))],
    ['the label with a third of noise', (row) => label(row) + 0.33 * spread() * normal(row)],
    ['its sign', (row) => Math.sign(label(row))],
    ['its size', (row) => label(row) ** 2],
  ])('refuses a column that is %s', (_, valueOf) => {
    const report = checkQuality(planted('volume_ratio', valueOf), NOWHERE)
    expect(outcomes(report).leak).toBe('failed: volume_ratio')
    expect(() => refuseBadQuality(report)).toThrow(
      expect.objectContaining({
        code: 'TRAINING_DATA_REFUSED',
        message: expect.stringContaining('leak: volume_ratio knows what comes') as string,
        details: { quality: report },
      }) as Error,
    )
    expect(describeQuality(report).join('\n')).toContain('FAILED leak (1)')
  })

  it('names a column that is half label and half noise, and lets a weak signal be', () => {
    const half = planted('volume_ratio', (row) => label(row) + spread() * normal(row))
    expect(outcomes(checkQuality(half, NOWHERE)).leak).toBe('warned: volume_ratio')
    const weak = planted('volume_ratio', (row) => label(row) + 4 * spread() * normal(row))
    expect(outcomes(checkQuality(weak, NOWHERE)).leak).toBeUndefined()
  })

  it('refuses a later price, whose level has nothing to do with any return', () => {
    // A random walk with its true labels; the leak is the price of 30 minutes later.
    const { dataset } = loaded
    const rows = dataset.rows
    const prices = [100]
    for (let minute = 1; minute < rows + 31; minute += 1)
      prices.push(prices[minute - 1]! * (1 + 0.0004 * normal(minute)))
    const walk = planted('return_1', (row) =>
      row === 0 ? NaN : prices[row]! / prices[row - 1]! - 1,
    )
    const labels = Float64Array.from(
      { length: rows },
      (_, row) => 100 * (prices[row + 30]! / prices[row]! - 1),
    )
    const withPrice = (later: number) => {
      const matrix = walk.dataset.matrix.slice()
      const at = dataset.columns.indexOf('vwap')
      for (let row = 0; row < rows; row += 1)
        matrix[row * dataset.columns.length + at] = prices[row + later]!
      return { ...walk, dataset: { ...walk.dataset, labels, matrix } }
    }
    const leaky = checkQuality(withPrice(30), NOWHERE)
    expect(outcomes(leaky).leak).toBe('failed: vwap')
    expect(leaky.checks.at(-1)?.findings[0]?.text).toContain('newest part of the label')
    expect(outcomes(checkQuality(withPrice(0), NOWHERE)).leak).toBeUndefined()
  })

  it('refuses infinite values and wrong prices, and names constant and heavy-tailed columns', () => {
    const infinite = planted('volume_ratio', (row) => (row === 5 ? -Infinity : row))
    expect(outcomes(checkQuality(infinite, NOWHERE)).outliers).toBe('failed: volume_ratio')
    const constant = planted('volume_ratio', () => 3)
    expect(outcomes(checkQuality(constant, NOWHERE)).constant).toBe('warned: volume_ratio')
    const tails = planted('volume_ratio', (row) => (row % 150 === 0 ? 1e6 : normal(row)))
    expect(outcomes(checkQuality(tails, NOWHERE)).outliers).toBe('warned: volume_ratio')
    const labels = loaded.dataset.labels.slice()
    labels[7] = -60
    const wrong = { ...loaded, dataset: { ...loaded.dataset, labels } }
    expect(outcomes(checkQuality(wrong, NOWHERE)).labels).toBe('failed: label')
    const flat = { ...loaded, dataset: { ...loaded.dataset, labels: labels.map(() => 0) } }
    expect(outcomes(checkQuality(flat, NOWHERE)).labels).toBe('failed: label')
  })

  it('refuses examples that have fallen far behind the stream, unless an earlier bound was asked for', () => {
    const newestMs = loaded.dataset.eventTimeMs.at(-1)!
    const later = (hours: number) => ({ newestVectorMs: newestMs + hours * 3_600_000 })
    expect(outcomes(checkQuality(loaded, later(95))).freshness).toBeUndefined()
    expect(outcomes(checkQuality(loaded, later(97))).freshness).toBe('failed: newest_example')
    const bounded = { ...loaded, manifest: { ...loaded.manifest, untilMs: newestMs } }
    expect(outcomes(checkQuality(bounded, later(97))).freshness).toBeUndefined()
  })

  it('counts repeated keys and examples of other feature sets', () => {
    const repeated = { ...loaded, dropped: { superseded: 400 } }
    expect(outcomes(checkQuality(repeated, NOWHERE)).duplicates).toBe('warned: superseded')
    const few = { ...loaded, dropped: { other_feature_set: 10 } }
    expect(outcomes(checkQuality(few, NOWHERE)).schema).toBe('warned: other_feature_set')
    const most = { ...loaded, dropped: { other_feature_set: 9_000 } }
    expect(outcomes(checkQuality(most, NOWHERE)).schema).toBe('failed: other_feature_set')
  })
})

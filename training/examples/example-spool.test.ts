import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { featureSet, referenceTo } from '../../processors/features/feature-sets.ts'
import type { Example, FeatureValues } from '../../schemas/generated.ts'
import { ExampleSpool, readSpool } from './example-spool.ts'
import { headOf, STATUS } from './raw-examples.ts'

const set = featureSet('market-76')
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

function example(minute: number, forwardReturn30: number | null): Example {
  const values = Object.fromEntries(
    set.features.map((name) => [name, null]),
  ) as unknown as FeatureValues
  return {
    instrument: minute % 2 === 0 ? 'A' : 'B',
    openTimeMs: minute * 60_000,
    eventTimeMs: (minute + 1) * 60_000,
    close: 100,
    featureSet: set.name,
    featureSetFingerprint: minute === 3 ? 'another' : set.fingerprint,
    recentReturns: [minute / 1024, null],
    values: { ...values, open: minute },
    forwardReturn30,
    labelTimeMs: (minute + 31) * 60_000,
    forwardReturn60: null,
    label60TimeMs: null,
    lineage: [],
  }
}

describe('ExampleSpool', () => {
  it('gives back every row, across its buffer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'candlewire-spool-'))
    folders.push(folder)
    const spool = await ExampleSpool.create(folder, ['open', 'return_1_lag_1', 'return_1'])
    const rows = 9_000
    for (let minute = 0; minute < rows; minute += 1)
      await spool.add(example(minute, minute === 5 ? null : minute / 8), referenceTo(set))
    await spool.addDeleted('C', 42)
    expect(spool.rows).toBe(rows + 1)
    const index = await spool.finish()
    expect(index).toMatchObject({ rows: rows + 1, instruments: ['A', 'B', 'C'] })

    const { heads, matrix } = await readSpool(index)
    for (let row = 0; row < rows; row += 1) {
      if (row !== 3) expect(matrix[row * 3]).toBe(row)
      expect(headOf(heads, row, 'eventTimeMs')).toBe((row + 1) * 60_000)
      expect(headOf(heads, row, 'label')).toBe(row === 5 ? NaN : row / 8)
    }
    expect(headOf(heads, 3, 'status')).toBe(STATUS.otherFeatureSet)
    expect(matrix[3 * 3]).toBeNaN()
    expect([
      headOf(heads, rows, 'status'),
      headOf(heads, rows, 'instrument'),
      headOf(heads, rows, 'openTimeMs'),
    ]).toEqual([STATUS.deleted, 2, 42])
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSyntheticSpool } from '../../test/support/synthetic-examples.ts'
import { JOB_DEFAULTS } from '../../test/support/training-job.ts'
import type { SpoolIndex } from './example-spool.ts'
import { loadDataset } from './load-dataset.ts'
import {
  canonicalManifest,
  makeManifest,
  manifestDigest,
  type DatasetManifest,
} from './manifest.ts'

const { source } = JOB_DEFAULTS
let folder: string
let spool: SpoolIndex
let spool60: SpoolIndex
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlewire-load-'))
  spool = await writeSyntheticSpool(await mkdtemp(join(folder, '30-')), { rows: 1_200 })
  spool60 = await writeSyntheticSpool(await mkdtemp(join(folder, '60-')), {
    rows: 1_200,
    horizonMinutes: 60,
  })
})
afterAll(() => rm(folder, { recursive: true }))

describe('loadDataset', () => {
  it('gives the same manifest for the same examples, and takes it back', async () => {
    const first = await loadDataset({ spool, source, expected: null })
    const again = await loadDataset({ spool, source, expected: first.manifest })
    expect(again.manifest).toBe(first.manifest)
    expect(again.dataset.matrix).toEqual(first.dataset.matrix)
    expect(first.manifest).toMatchObject({
      formatVersion: 1,
      rows: 1_199,
      instruments: ['SYNTHETIC'],
      dropped: { warm_up: 1 },
      horizonMinutes: 30,
      columns: source.columns,
    })
  })

  it('refuses a manifest whose offsets give something else now', async () => {
    const { manifest } = await loadDataset({ spool, source, expected: null })
    const expected = { ...manifest, datasetDigest: '0'.repeat(64) }
    await expect(loadDataset({ spool, source, expected })).rejects.toMatchObject({
      code: 'DATASET_CHANGED',
    })
  })

  it('trains on the label of the horizon, and counts rows without it', async () => {
    const { dataset, dropped } = await loadDataset({ spool: spool60, source, expected: null })
    expect(dropped).toEqual({ warm_up: 1, label_missing: 30 })
    expect(dataset.rows).toBe(1_200 - 31)
    expect(
      [...dataset.labelTimeMs].every((at, row) => at === dataset.eventTimeMs[row]! + 3_600_000),
    ).toBe(true)
  })

  it('is the data set of an earlier time if that is asked for: only labels known by then', async () => {
    const all = await loadDataset({ spool, source, expected: null })
    const untilMs = all.dataset.labelTimeMs[499]!
    const then = await loadDataset({ spool, source: { ...source, untilMs }, expected: null })
    expect(then.dataset.rows).toBe(500)
    expect(then.dropped).toEqual({ warm_up: 1, label_after_until: 699 })
    expect(then.dataset.labels).toEqual(all.dataset.labels.slice(0, 500))
    expect(manifestDigest(then.manifest)).not.toBe(manifestDigest(all.manifest))
  })
})

describe('canonicalManifest', () => {
  it('is one text for one value, whatever the order of keys, and can be read back', () => {
    const shuffled = (value: unknown, order: number): unknown => {
      if (Array.isArray(value)) return value.map((each) => shuffled(each, order))
      if (value === null || typeof value !== 'object') return value
      const entries = Object.entries(value).map(
        ([key, each]) => [key, shuffled(each, order)] as const,
      )
      return Object.fromEntries(order % 2 === 0 ? entries.reverse() : entries)
    }
    const dropped = fc.dictionary(fc.string(), fc.nat(), { noNullPrototype: true })
    fc.assert(
      fc.property(dropped, fc.string(), fc.nat(), (counts, name, order) => {
        const manifest = {
          ...source,
          formatVersion: 1,
          rows: 3,
          instruments: [name],
          dropped: counts,
          datasetDigest: 'ab',
        } as DatasetManifest
        const text = canonicalManifest(manifest)
        expect(canonicalManifest(shuffled(manifest, order) as DatasetManifest)).toBe(text)
        expect(JSON.parse(text)).toEqual(manifest)
      }),
    )
  })

  it('does not depend on records that compaction takes away', async () => {
    const { manifest, ...prepared } = await loadDataset({ spool, source, expected: null })
    const before = { ...prepared, dropped: { ...prepared.dropped, superseded: 9, deleted: 2 } }
    expect(manifestDigest(makeManifest(source, before))).toBe(manifestDigest(manifest))
  })
})

/**
 * What a data set was made from, so that it can be made again: which offsets of which partitions, with
 * which columns, target and bounds, and the digest of what came out.
 *
 * Models are a function of the data set (and of their parameters and seed), so the same manifest gives
 * the same model bytes. Its digest is the sha256 of its canonical JSON: keys in ascending order, no
 * spaces. Records that only repeat or delete a key are no part of it: compaction takes them away in
 * its own time, and the data set stays the same.
 */
import { createHash } from 'node:crypto'
import type { Lineage } from '../../schemas/generated.ts'
import type { PreparedDataset } from './prepare-dataset.ts'
import { datasetDigest } from './prepare-dataset.ts'

/** What was asked for and read: everything about a data set that does not depend on its rows. */
export interface DatasetSource {
  /** Offset ranges of `examples.v1`, ascending by partition; empty partitions are left out. */
  readonly ranges: readonly Lineage[]
  readonly featureSet: string
  readonly featureSetFingerprint: string
  /** Input columns in order. */
  readonly columns: readonly string[]
  /** Which label is the target. */
  readonly horizonMinutes: number
  /** Only this instrument; null: all. */
  readonly instrument: string | null
  /** Only labels known by then, ms; null: no bound. */
  readonly untilMs: number | null
}

export interface DatasetManifest extends DatasetSource {
  readonly formatVersion: 1
  readonly rows: number
  /** Names of the instruments that have rows, ascending. */
  readonly instruments: readonly string[]
  /** Rows left out by reason, repeated and deleted keys not among them. */
  readonly dropped: Readonly<Record<string, number>>
  /** sha256 of inputs, labels and times, hex. */
  readonly datasetDigest: string
}

/** Reasons that compaction may make go away. */
const TRANSIENT: ReadonlySet<string> = new Set(['superseded', 'deleted'])

export function makeManifest(source: DatasetSource, prepared: PreparedDataset): DatasetManifest {
  const { ranges, featureSet, featureSetFingerprint, columns } = source
  const { horizonMinutes, instrument, untilMs } = source
  return {
    formatVersion: 1,
    ranges,
    featureSet,
    featureSetFingerprint,
    columns,
    horizonMinutes,
    instrument,
    untilMs,
    rows: prepared.dataset.rows,
    instruments: prepared.instruments,
    dropped: Object.fromEntries(
      Object.entries(prepared.dropped).filter(([reason]) => !TRANSIENT.has(reason)),
    ),
    datasetDigest: datasetDigest(prepared.dataset),
  }
}

/** One text for one manifest, whatever the order of its keys. */
export const canonicalManifest = (manifest: DatasetManifest): string => canonical(manifest)

/** sha256 of the canonical text, hex: `manifestDigest` of a model version. */
export const manifestDigest = (manifest: DatasetManifest): string =>
  createHash('sha256').update(canonicalManifest(manifest)).digest('hex')

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

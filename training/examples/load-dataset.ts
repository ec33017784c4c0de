/** From a finished spool to the matrix with its manifest; a run that repeats an earlier one checks that it does. */
import { CandlewireError } from '../../streams/errors.ts'
import { readSpool, type SpoolIndex } from './example-spool.ts'
import { makeManifest, type DatasetManifest, type DatasetSource } from './manifest.ts'
import { prepareDataset, type PreparedDataset } from './prepare-dataset.ts'

export interface SpooledDataset {
  readonly spool: SpoolIndex
  readonly source: DatasetSource
  /** The manifest whose data set this must be; null: whatever there is. */
  readonly expected: DatasetManifest | null
}

export interface LoadedDataset extends PreparedDataset {
  /** `expected` where that was given, so that its digest stays the same. */
  readonly manifest: DatasetManifest
}

/** @throws CandlewireError DATASET_CHANGED */
export async function loadDataset(spooled: SpooledDataset): Promise<LoadedDataset> {
  const { spool, source, expected } = spooled
  const prepared = prepareDataset(await readSpool(spool), source.untilMs ?? Infinity)
  const manifest = makeManifest(source, prepared)
  if (expected !== null && expected.datasetDigest !== manifest.datasetDigest) {
    throw new CandlewireError(
      'DATASET_CHANGED',
      `The manifest is of ${expected.rows} rows with digest ${expected.datasetDigest.slice(0, 12)}; its offsets now give ` +
        `${manifest.rows} rows with digest ${manifest.datasetDigest.slice(0, 12)}`,
      { details: { expected: expected.datasetDigest, found: manifest.datasetDigest } },
    )
  }
  return { ...prepared, manifest: expected ?? manifest }
}

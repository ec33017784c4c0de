/** A public data set as input: its months on this machine, fetched if they are not, in order. */
import { join, resolve } from 'node:path'
import type { Config } from '../streams/config.ts'
import {
  datasetNamed,
  monthsOf,
  readCatalogue,
  type Dataset,
} from '../streams/datasets/catalogue.ts'
import { fetchDataset, pathOf, type DatasetFile } from '../streams/datasets/dataset-files.ts'
import type { FileInput } from '../streams/producers/file-input.ts'
import type { FileSeries } from '../streams/producers/file-series.ts'
import { candlesTopic } from '../streams/topics.ts'
import { startProgress } from './progress.ts'
import { projectRoot } from './project-root.ts'
import { withLock } from './stack/exclusive-lock.ts'

/** Somebody else who fetches the same is waited for as long as a slow line may take. */
const OTHER_FETCH_MS = 3_600_000

export interface DatasetChoice {
  readonly name: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** File that names the data sets. @default `data/datasets.json` of the project */
  readonly catalogue?: string | undefined
}

export const cataloguePath = (given: string | undefined): string =>
  given ?? join(projectRoot, 'data', 'datasets.json')

export interface LocalDataset {
  readonly dataset: Dataset
  readonly files: readonly DatasetFile[]
}

/**
 * Shows its progress on stderr while it fetches.
 * @throws CandlewireError NOT_FOUND, OPTION_INVALID, DATASET_UNAVAILABLE, CHECKSUM_MISMATCH, DISK_FULL
 */
export async function fetchNamed(
  config: Pick<Config, 'cacheDir'>,
  choice: DatasetChoice,
  signal: AbortSignal,
): Promise<LocalDataset> {
  const dataset = datasetNamed(await readCatalogue(cataloguePath(choice.catalogue)), choice.name)
  const months = monthsOf(dataset, choice, Date.now())
  const cacheDir = resolve(config.cacheDir)
  const label = `Fetching ${dataset.name}`
  const progress = startProgress({ label, unit: 'files', total: months.length })
  try {
    const files = await withLock(
      join(cacheDir, dataset.name, '.lock'),
      { timeoutMs: OTHER_FETCH_MS, purpose: label, signal },
      () =>
        fetchDataset(dataset, months, {
          cacheDir,
          signal,
          onProgress: (count) => progress.update(count),
          mayEndEarly: dataset.to === undefined && choice.to === undefined,
        }),
    )
    return { dataset, files }
  } finally {
    progress.stop()
  }
}

/** @param instrument whose candles they are to be; undefined: that of the data set */
export function seriesOf(
  { dataset, files }: LocalDataset,
  { cacheDir }: Pick<Config, 'cacheDir'>,
  instrument = dataset.instrument,
): FileSeries {
  const inputOf = (path: string): FileInput => ({
    kind: 'candles',
    path,
    instrument,
    format: dataset.format,
  })
  return {
    id: `${candlesTopic.name}|${instrument}|data set ${dataset.name}`,
    inputs: files.map(({ path }) => inputOf(path)),
    order: monthsOf(dataset, {}, Date.now()).map((month) =>
      inputOf(pathOf(resolve(cacheDir), dataset, month)),
    ),
  }
}

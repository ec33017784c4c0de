/** Reads the examples that a run asks for out of Kafka into spool files, and says what was read. */
import type { FeatureSet } from '../../processors/features/feature-sets.ts'
import { referenceTo } from '../../processors/features/feature-sets.ts'
import { LABEL_HORIZONS, type LabelHorizon } from '../../processors/labels/labels-processor.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { ExampleSpool, type SpoolIndex } from './example-spool.ts'
import type { SpooledDataset } from './load-dataset.ts'
import type { DatasetManifest } from './manifest.ts'
import { newestVectorMs } from './newest-vector.ts'
import { readExamples } from './read-examples.ts'

export interface DatasetRequest {
  readonly set: FeatureSet
  /** Input columns in order. */
  readonly columns: readonly string[]
  /** 30 or 60. */
  readonly horizonMinutes: number
  /** Only this instrument; undefined: all. */
  readonly instrument?: string | undefined
  /** Only labels known by then, ms. */
  readonly untilMs?: number | undefined
  /** Repeat the data set of this manifest: its offsets are read, and its digest must come out. */
  readonly manifest?: DatasetManifest | undefined
}

export interface SpoolOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (done: number, total: number) => void
}

export interface SpooledRequest extends SpooledDataset {
  /** Event time of the newest vector of the stream by then; null where there is none to be seen. */
  readonly newestVectorMs: number | null
}

/**
 * @param folder exists and is this spool's own
 * @throws CandlewireError REQUEST_INVALID, TRAINING_STOPPED, BROKER_FAILED
 */
export async function spoolExamples(
  reader: PartitionReader,
  codecs: Codecs,
  folder: string,
  request: DatasetRequest,
  options: SpoolOptions = {},
): Promise<SpooledRequest> {
  const { set, columns, manifest, instrument, untilMs } = request
  const horizonMinutes = labelHorizon(request.horizonMinutes)
  const spool = await ExampleSpool.create(folder, columns, horizonMinutes)
  let index: SpoolIndex | undefined
  try {
    const ranges = await readExamples(reader, codecs, spool, {
      wanted: referenceTo(set),
      instrument,
      ranges: manifest?.ranges,
      signal: options.signal,
      onProgress: options.onProgress ?? (() => undefined),
    })
    index = await spool.finish()
    const source = {
      ranges,
      featureSet: set.name,
      featureSetFingerprint: set.fingerprint,
      columns,
      horizonMinutes,
      instrument: instrument ?? null,
      untilMs: untilMs ?? null,
    }
    return {
      spool: index,
      source,
      expected: manifest ?? null,
      newestVectorMs: await newestVectorMs(reader, codecs, instrument),
    }
  } finally {
    if (index === undefined) await spool.close()
  }
}

/** @throws CandlewireError REQUEST_INVALID */
function labelHorizon(minutes: number): LabelHorizon {
  const found = LABEL_HORIZONS.find((horizon) => horizon === minutes)
  if (found !== undefined) return found
  throw new CandlewireError(
    'REQUEST_INVALID',
    `There are labels for ${LABEL_HORIZONS.join(' and ')} minutes ahead, not for ${minutes}`,
  )
}

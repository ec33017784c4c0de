/**
 * One training run: examples from Kafka to published models.
 *
 * 1. Read `examples.v1` up to its end offsets into spool files.
 * 2. In a process of its own: sort, split by time, train, export, prove (worker/run-job.ts).
 * 3. Choose, and publish everything in one transaction.
 *
 * Nothing in a version comes from the clock or the machine, so a run can be repeated; its events say when
 * they were decided.
 */
import { AUTOREGRESSIVE_ORDER, lagColumn } from '../processors/models/input-columns.ts'
import {
  featureSet,
  numericFeatures,
  type FeatureSet,
} from '../processors/features/feature-sets.ts'
import { withRegistryWriter } from '../processors/models/registry-writer.ts'
import type { ModelVersion } from '../schemas/generated.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import { CandlewireError } from '../streams/errors.ts'
import type { KafkaClient } from '../streams/kafka.ts'
import type { Logger } from '../streams/log.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import type { OnProgress } from './candidates/candidate.ts'
import { describeModels } from './describe-models.ts'
import { spoolExamples } from './examples/spool-examples.ts'
import { publishModels, type Published, type UnpublishedModel } from './publish-models.ts'
import { createRunFolder, removeRunFolder } from './run-folder.ts'
import { runTrainingProcess } from './worker/training-process.ts'

/** Labels exist for this horizon only. */
export const HORIZON_MINUTES = 30
export const DEFAULT_ROUNDS = 300
const TIMEOUT_MS = 30 * 60_000

export interface TrainOptions {
  readonly config: Pick<
    Config,
    | 'kafkaBrokers'
    | 'dataDir'
    | 'featureSet'
    | 'trainingThreads'
    | 'trainingSeed'
    | 'trainingMemoryMaxMb'
  >
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** LightGBM's shared library. */
  readonly nativeLibraryPath: string
  /** Name of the feature set; the configured one if not given. */
  readonly featureSetName?: string | undefined
  /** Name the versions are published under; `forward_return_30` if not given. */
  readonly modelName?: string | undefined
  /** Only examples of this instrument; all if not given. */
  readonly instrument?: string | undefined
  /** Most boosting rounds. */
  readonly rounds?: number
  /** Longest time the models may take, ms. */
  readonly timeoutMs?: number
  readonly onProgress?: OnProgress
  /** Cancels the run: nothing is published. */
  readonly signal?: AbortSignal
}

export interface TrainingResult {
  readonly modelName: string
  /** The best of the run. */
  readonly selected: ModelVersion
  /** What it is now: `champion` if the gate passed it, `shadow` if not; null if it stays archived. */
  readonly alias: Published['alias']
  /** Why, in sentences. */
  readonly reasons: readonly string[]
  /** All versions of this run, the selected one included. */
  readonly candidates: readonly ModelVersion[]
  /** Rows read, left out by reason, and used in one of the splits. */
  readonly examples: {
    readonly read: number
    readonly dropped: Readonly<Record<string, number>>
    readonly used: number
  }
  /** Wall-clock time of the run. */
  readonly seconds: number
}

/** The columns a model reads: the numeric features of the set, then the lags of the one-minute return. */
export function inputColumns(set: FeatureSet): string[] {
  const lags = Array.from({ length: AUTOREGRESSIVE_ORDER - 1 }, (_, index) => lagColumn(index + 1))
  return [...numericFeatures(set), ...lags]
}

/**
 * @throws CandlewireError TRAINING_DATA_INSUFFICIENT, TRAINING_DATA_REFUSED, EXPORT_NOT_EXACT, NATIVE_LIBRARY_FAILED,
 *   TRAINING_STOPPED, BROKER_FAILED; nothing is published then.
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const startedMs = performance.now()
  const { config, logger, onProgress = () => undefined } = options
  const set = featureSet(options.featureSetName ?? config.featureSet)
  const modelName = options.modelName ?? `forward_return_${HORIZON_MINUTES}`
  const folder = await createRunFolder(config.dataDir)
  const reader = new PartitionReader(config, 'trainer', logger)
  try {
    await reader.connect()
    const request = {
      set,
      columns: inputColumns(set),
      horizonMinutes: HORIZON_MINUTES,
      instrument: options.instrument,
    }
    const spooled = await spoolExamples(reader, options.codecs, folder, request, {
      signal: options.signal,
      onProgress: (done, total) => onProgress({ stage: 'reading', done, total }),
    })
    const { spool } = spooled
    const outcome = await runTrainingProcess(
      {
        ...spooled,
        libraries: { lightgbm: options.nativeLibraryPath },
        horizonMinutes: HORIZON_MINUTES,
        objective: 'regression',
        models: ['ar7_ridge', 'lightgbm'],
        trials: 0,
        journalFolder: null,
        champion: null,
        significance: 0.01,
        costs: { spreadBps: 0, slippageBps: 0, feeBps: 0 },
        oot2Rows: 10_000,
        featureShare: null,
        rounds: options.rounds ?? DEFAULT_ROUNDS,
        threads: config.trainingThreads,
        seed: config.trainingSeed,
      },
      {
        onProgress,
        onStart: (pid) =>
          logger.debug({ trainingPid: pid, rows: spool.rows }, 'Training process started'),
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        memoryMaxBytes: config.trainingMemoryMaxMb * 2 ** 20,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    )
    onProgress({ stage: 'publishing', done: 0, total: 1 })
    const models = describeModels({
      modelName,
      set,
      horizonMinutes: HORIZON_MINUTES,
      spool,
      outcome,
    })
    const published = await publish(options, reader, modelName, models, outcome.trainedUntilMs)
    const { selected, alias, reasons, versions } = published
    const seconds = (performance.now() - startedMs) / 1000
    logger.info(
      {
        model: modelName,
        version: selected.version,
        algorithm: selected.algorithm,
        alias,
        seconds,
      },
      'Model trained and published',
    )
    return {
      modelName,
      selected,
      alias,
      reasons,
      candidates: versions,
      examples: { read: spool.rows, dropped: outcome.dropped, used: outcome.usedRows },
      seconds,
    }
  } finally {
    await reader.disconnect()
    await removeRunFolder(folder)
  }
}

/** One writer changes the models of a name at a time: a newer one fences an older one that is still at it. */
function publish(
  options: TrainOptions,
  reader: PartitionReader,
  modelName: string,
  models: readonly UnpublishedModel[],
  eventTimeMs: number,
): Promise<Published> {
  if (options.signal?.aborted === true)
    throw new CandlewireError('TRAINING_STOPPED', 'Training was cancelled')
  const { kafka, codecs, logger } = options
  return withRegistryWriter({ kafka, codecs, reader, logger }, modelName, (producer, state) =>
    publishModels({ producer, codecs, state, logger }, models, {
      eventTimeMs,
      decidedAtMs: Date.now(),
    }),
  )
}

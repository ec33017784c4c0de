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
import { join } from 'node:path'
import { AUTOREGRESSIVE_ORDER, lagColumn } from '../processors/models/input-columns.ts'
import {
  featureSet,
  numericFeatures,
  type FeatureSet,
} from '../processors/features/feature-sets.ts'
import { readArtifact } from '../processors/models/read-artifact.ts'
import { readModelRegistry } from '../processors/models/read-registry.ts'
import { versionOf } from '../processors/models/model-registry.ts'
import { modelNameOf } from '../processors/runs/training-target.ts'
import { withRegistryWriter } from '../processors/models/registry-writer.ts'
import type { ModelVersion } from '../schemas/generated.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import { CandlewireError } from '../streams/errors.ts'
import type { KafkaClient } from '../streams/kafka.ts'
import type { Logger } from '../streams/log.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import type { Algorithm, OnProgress } from './candidates/candidate.ts'
import type { FoldKind } from './search/cross-validation.ts'
import { describeModels } from './describe-models.ts'
import { spoolExamples } from './examples/spool-examples.ts'
import { publishModels, type Published, type UnpublishedModel } from './publish-models.ts'
import { createRunFolder, removeRunFolder } from './run-folder.ts'
import type { DatasetManifest } from './examples/manifest.ts'
import type { Objective } from './models/model-trainer.ts'
import type { OnTrial } from './search/trial.ts'
import type { LiveChampion, NativeLibraries, TrainingOutcome } from './worker/worker-messages.ts'
import { runTrainingProcess } from './worker/training-process.ts'

const HORIZON_MINUTES = 30
export const DEFAULT_ROUNDS = 300
/** What a run trains if nobody says otherwise. */
export const ALGORITHMS: readonly Algorithm[] = ['ar7_ridge', 'lightgbm', 'xgboost', 'stack']
/** Rows of the second out-of-time split. */
export const OOT2_ROWS = 10_000
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
    | 'trainingTrials'
    | 'trainingSignificance'
    | 'backtestSpreadBps'
    | 'backtestSlippageBps'
    | 'backtestFeeBps'
  >
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly libraries: NativeLibraries
  /** Run the versions are said to come from. */
  readonly runId?: string | undefined
  /** Name of the feature set; the configured one if not given. */
  readonly featureSetName?: string | undefined
  /** Name the versions are published under; by objective and horizon if not given. */
  readonly modelName?: string | undefined
  /** Regression if not given. */
  readonly objective?: Objective | undefined
  /** 30 or 60; 30 if not given. */
  readonly horizonMinutes?: number | undefined
  /** Algorithms to train; all if not given. */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** Trials of the search; 0 takes the defaults; as configured if not given. */
  readonly trials?: number | undefined
  /** Only examples of this instrument; all if not given. */
  readonly instrument?: string | undefined
  /** Only labels known by then, ms. */
  readonly untilMs?: number | undefined
  /** Repeats the data set of an earlier run. */
  readonly manifest?: DatasetManifest | undefined
  /** Most boosting rounds. */
  readonly rounds?: number
  /** How the rows of the training split are divided to judge a trial; expanding if not given. */
  readonly folds?: FoldKind
  /** Columns kept: the most important ones that make up this share of importance; all if not given. */
  readonly featureShare?: number
  /** Longest time the models may take, ms. */
  readonly timeoutMs?: number
  readonly onProgress?: OnProgress
  readonly onTrial?: OnTrial
  /** Asked before anything is published; what it throws ends the run. */
  readonly mayPublish?: () => Promise<void>
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
  /** What the training process gave. */
  readonly outcome: TrainingOutcome
  /** The files of the candidates, in order. */
  readonly models: readonly UnpublishedModel[]
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
  const { objective = 'regression', horizonMinutes = HORIZON_MINUTES } = options
  const modelName = options.modelName ?? modelNameOf(objective, horizonMinutes)
  const folder = await createRunFolder(config.dataDir)
  const reader = new PartitionReader(config, 'trainer', logger)
  try {
    await reader.connect()
    const request = {
      set,
      columns: inputColumns(set),
      horizonMinutes,
      instrument: options.instrument,
      untilMs: options.untilMs,
      manifest: options.manifest,
    }
    const spooled = await spoolExamples(reader, options.codecs, folder, request, {
      signal: options.signal,
      onProgress: (done, total) => onProgress({ stage: 'reading', done, total }),
    })
    const { spool } = spooled
    const outcome = await runTrainingProcess(
      {
        ...spooled,
        libraries: options.libraries,
        horizonMinutes,
        objective,
        models: options.algorithms ?? ALGORITHMS,
        trials: options.trials ?? config.trainingTrials,
        journalFolder: join(config.dataDir, 'training', 'journals', modelName),
        champion: await liveChampion(options, reader, modelName),
        significance: config.trainingSignificance,
        costs: {
          spreadBps: config.backtestSpreadBps,
          slippageBps: config.backtestSlippageBps,
          feeBps: config.backtestFeeBps,
        },
        oot2Rows: OOT2_ROWS,
        featureShare: options.featureShare ?? null,
        folds: options.folds ?? 'expanding',
        rounds: options.rounds ?? DEFAULT_ROUNDS,
        threads: config.trainingThreads,
        seed: config.trainingSeed,
      },
      {
        onProgress,
        ...(options.onTrial === undefined ? {} : { onTrial: options.onTrial }),
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
      horizonMinutes,
      objective,
      runId: options.runId ?? null,
      spool,
      outcome,
    })
    await options.mayPublish?.()
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
      outcome,
      models,
    }
  } finally {
    await reader.disconnect()
    await removeRunFolder(folder)
  }
}

/** The model to be beaten, as it is live now; one whose file is gone cannot be asked. */
async function liveChampion(
  { codecs, logger }: TrainOptions,
  reader: PartitionReader,
  modelName: string,
): Promise<LiveChampion | null> {
  const version = versionOf(await readModelRegistry(reader, codecs), modelName, 'champion')
  if (version === undefined) return null
  try {
    const { artifactOffset, artifactSha256 } = version
    return { version, onnx: await readArtifact(reader, codecs, artifactOffset, artifactSha256) }
  } catch (thrown) {
    if (!(thrown instanceof CandlewireError) || thrown.code !== 'NOT_FOUND') throw thrown
    logger.warn({ model: modelName, cause: thrown.message }, 'The champion cannot be compared with')
    return null
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

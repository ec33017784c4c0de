/** One attempt of a run: training, its trials on `training-trials.v1`, its folder, and how it ended. */
import type { FoldKind } from '../search/cross-validation.ts'
import { performance } from 'node:perf_hooks'
import type { Producer } from 'kafkajs'
import type { TrainingRun } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, ERROR_TABLE, messageOf } from '../../streams/errors.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { trainingTrialsTopic } from '../../streams/topics.ts'
import type { Algorithm, OnProgress } from '../candidates/candidate.ts'
import type { DatasetManifest } from '../examples/manifest.ts'
import type { Objective } from '../models/model-trainer.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import type { Execution, Outcome } from '../scheduler/scheduler.ts'
import type { TrialRecord } from '../search/trial.ts'
import { ALGORITHMS, train, type TrainingResult } from '../train.ts'
import type { NativeLibraries } from '../worker/worker-messages.ts'
import { filesOf, filesOfStopped, keepRun, type RunFiles } from './kept-runs.ts'
import { factsOf, trialOf } from './run-facts.ts'
import { pageOf, reportDataOf, stoppedReportData } from './run-report.ts'

export interface RunDependencies {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly libraries: NativeLibraries
  /** Connected; takes the trials. */
  readonly producer: Pick<Producer, 'send'>
}

export interface ExecutionDetails extends Execution {
  /** More than the record of the run tells. */
  readonly manifest?: DatasetManifest | undefined
  readonly rounds?: number | undefined
  readonly folds?: FoldKind | undefined
  readonly featureShare?: number | undefined
  readonly onTraining?: OnProgress
  /** Told what came of it, before the attempt ends. */
  readonly onResult?: (result: TrainingResult) => void
}

/** The data is not fit: another attempt would find the same. */
const REFUSED: readonly string[] = ['TRAINING_DATA_INSUFFICIENT', 'TRAINING_DATA_REFUSED']

/** Never rejects: how it failed is part of the outcome. */
export async function executeRun(
  run: TrainingRun,
  dependencies: RunDependencies,
  execution: ExecutionDetails,
): Promise<Outcome> {
  const { config, logger } = dependencies
  const startedMs = performance.now()
  const trials = new TrialSender(run, dependencies)
  const { signal } = execution
  try {
    const result = await train({
      ...dependencies,
      ...optionsOf(run),
      signal,
      ...(execution.rounds === undefined ? {} : { rounds: execution.rounds }),
      ...(execution.folds === undefined ? {} : { folds: execution.folds }),
      ...(execution.featureShare === undefined ? {} : { featureShare: execution.featureShare }),
      manifest: execution.manifest,
      timeoutMs: execution.timeLimitMs,
      mayPublish: () => execution.mayPublish(),
      onProgress: (progress) => {
        const { stage, done, total } = progress
        execution.onProgress({ stage, done, total })
        execution.onTraining?.(progress)
      },
      onTrial: (trial) => {
        trials.add(trial)
        execution.onProgress({ trialsMade: trials.count })
      },
    })
    await trials.flush()
    execution.onResult?.(result)
    const facts = factsOf(result)
    const effort = { seconds: result.seconds, cpuSeconds: result.outcome.cpuSeconds }
    const folder = await kept(run, dependencies, async () => {
      const report = await pageOf(reportDataOf(run, result, config))
      const record = { ...run, ...facts, ...effort, status: 'succeeded' }
      return filesOf(record, result, report)
    })
    return { kind: 'succeeded', facts: { ...facts, folder }, effort }
  } catch (thrown) {
    await trials.flush()
    const seconds = (performance.now() - startedMs) / 1_000
    // Not known of a process that was ended: all its threads, all the time.
    const effort = { seconds, cpuSeconds: seconds * config.trainingThreads }
    const code = thrown instanceof CandlewireError ? thrown.code : 'INTERNAL'
    const message = messageOf(thrown)
    logger.warn({ runId: run.runId, code, cause: message }, 'Training run failed')
    const kind = signal.aborted ? 'cancelled' : REFUSED.includes(code) ? 'refused' : 'failed'
    const quality = code === 'TRAINING_DATA_REFUSED' ? qualityIn(thrown) : null
    const folder =
      kind === 'cancelled'
        ? null
        : await kept(run, dependencies, async () => {
            const data = stoppedReportData(run, message, quality, config)
            const record = { ...run, ...effort, status: kind, errorCode: code, message }
            return filesOfStopped(record, quality, await pageOf(data))
          })
    const facts = { errorCode: code, stage: null, folder }
    return { kind, message, isRetryable: ERROR_TABLE[code].retryable, facts, effort }
  }
}

/**
 * The models are published by then, or the reason is known: a folder that cannot be written (a full disk)
 * changes nothing of that. @returns null then
 */
async function kept(
  { runId }: TrainingRun,
  { config, logger }: RunDependencies,
  files: () => Promise<RunFiles>,
): Promise<string | null> {
  try {
    return await keepRun(config, runId, await files())
  } catch (thrown) {
    logger.error({ runId, cause: messageOf(thrown) }, 'The folder of the run was not written')
    return null
  }
}

const qualityIn = (thrown: unknown): QualityReport | null =>
  thrown instanceof CandlewireError
    ? ((thrown.details['quality'] as QualityReport | undefined) ?? null)
    : null

function optionsOf(run: TrainingRun) {
  const { algorithms } = run
  const known = ALGORITHMS.filter((each) => algorithms.includes(each))
  if (known.length !== new Set(algorithms).size)
    throw new CandlewireError(
      'OPTION_INVALID',
      `Algorithms are ${ALGORITHMS.join(', ')}, not ${algorithms.join(', ')}`,
    )
  return {
    runId: run.runId,
    modelName: run.modelName,
    objective: run.objective as Objective,
    horizonMinutes: run.horizonMinutes,
    algorithms: (known.length === 0 ? undefined : known) as readonly Algorithm[] | undefined,
    featureSetName: run.featureSet ?? undefined,
    instrument: run.instrument ?? undefined,
    trials: run.trials ?? undefined,
    untilMs: run.untilMs ?? undefined,
  }
}

/** Sends trials in their order; a trial that cannot be sent is logged, and kept in the folder of the run. */
class TrialSender {
  count = 0
  private readonly run: TrainingRun
  private readonly dependencies: RunDependencies
  private sending: Promise<void> = Promise.resolve()

  constructor(run: TrainingRun, dependencies: RunDependencies) {
    this.run = run
    this.dependencies = dependencies
  }

  add(trial: TrialRecord): void {
    this.count += 1
    const { producer, codecs, logger } = this.dependencies
    const value = trialOf(this.run, trial, Date.now())
    const topic = trainingTrialsTopic
    const message = { key: topic.keyOf(value), value: codecs.of(topic).encode(value) }
    this.sending = this.sending
      .then(() => producer.send({ topic: topic.name, messages: [message] }))
      .then(
        () => undefined,
        (thrown: unknown) =>
          logger.warn({ runId: this.run.runId, cause: messageOf(thrown) }, 'A trial was not sent'),
      )
  }

  flush(): Promise<void> {
    return this.sending
  }
}

/**
 * Scores every new vector with every routed version into predictions.v1: champion, challenger and
 * shadow of each model name. It runs as a batch handler, so a batch of vectors, its predictions and
 * its offsets are one transaction: each vector is scored exactly once by each of them, whichever
 * server does it.
 *
 * A vector is scored only if it is later than everything the model has seen in training, so a
 * prediction is out of sample by construction. Everything that is not scored is counted by model and
 * reason.
 */
import { out, type Incoming, type Outgoing } from '../../processors/runtime/processor.ts'
import type { BatchHandler } from '../../processors/runtime/work.ts'
import type { Features, Prediction } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { featuresTopic, predictionsTopic } from '../../streams/topics.ts'
import type { ServingMetrics, SkipReason } from '../metrics.ts'
import type { ModelFleet } from '../models/model-fleet.ts'
import { distinctVersions, type ModelRoutes, type Route } from '../models/route-table.ts'
import { BATCH_ROWS_MAX } from '../models/scoring-model.ts'
import { answeringRoute } from '../models/traffic-split.ts'
import type { AbstainLimits } from '../models/qualify.ts'
import { CandleAge } from './candle-age.ts'
import type { ErrorBook } from './error-book.ts'
import { scoreRows as scoreVectors, skipReasonOf } from './score-rows.ts'

/** How long a batch waits for models that died and are being loaded again. */
const RECOVERY_WAIT_MS = 30_000

type Skip = (reason: SkipReason, count: number) => void

export interface QualitySettings {
  /** Share of outcomes that intervals are to cover, 0 to 1. */
  readonly coverage: number
  readonly limits: AbstainLimits
}

export interface ScorerOptions {
  readonly fleet: ModelFleet
  readonly metrics: ServingMetrics
  readonly logger: Logger
  /** What intervals are made from; filled by whoever follows outcomes.v1. */
  readonly errors: ErrorBook
  readonly quality: QualitySettings
  /** How long a batch waits for models that died; unset: {@link RECOVERY_WAIT_MS}. */
  readonly recoveryWaitMs?: number
}

export function scorer(options: ScorerOptions): BatchHandler<Features> {
  const { fleet, metrics, recoveryWaitMs = RECOVERY_WAIT_MS } = options
  const ages = new CandleAge()
  return {
    name: 'scorer',
    input: featuresTopic,
    async handle(records) {
      const isWhole = await fleet.whenRecovered(recoveryWaitMs)
      const routed = [...fleet.table].filter(([, routes]) => routes.length > 0)
      if (routed.length === 0) {
        // Still recovering: the batch comes again. No model at all: these vectors stay unscored.
        if (!isWhole)
          throw new CandlewireError('MODEL_FAILED', 'The models are still being loaded again')
        metrics.skipped.inc({ model: '', reason: 'no_model' }, records.length)
        return []
      }
      // A model that does not come back must not stop the others: its vectors are passed over.
      for (const modelName of fleet.lostModels)
        metrics.skipped.inc({ model: modelName, reason: 'model_down' }, records.length)
      const featureAges = new Map(records.map((record) => [record, ages.of(record)]))
      const jobs = routed.flatMap(([modelName, routes]) =>
        distinctVersions(routes).map((route) => ({ modelName, routes, route })),
      )
      // All are held before the first is waited for: a swap in between must not close any of them.
      const releases = jobs.map(({ route }) => route.loaded.hold())
      try {
        const scored: Outgoing[][] = []
        for (const { modelName, routes, route } of jobs) {
          const skip: Skip = (reason, count) => {
            if (count > 0) metrics.skipped.inc({ model: modelName, reason }, count)
          }
          scored.push(await scoreBatch({ ...options, featureAges, routes, route, skip }, records))
        }
        return scored.flat()
      } finally {
        for (const release of releases) release()
      }
    },
  }
}

interface Job extends ScorerOptions {
  /** By record, ms. */
  readonly featureAges: ReadonlyMap<Incoming<Features>, number | null>
  readonly routes: ModelRoutes
  readonly route: Route
  readonly skip: Skip
}

async function scoreBatch(job: Job, records: readonly Incoming<Features>[]): Promise<Outgoing[]> {
  const { metrics, route, skip } = job
  const { version } = route.loaded
  const due: Incoming<Features>[] = []
  for (const record of records) {
    const reason = skipReasonOf(record.value, version)
    if (reason === undefined) due.push(record)
    else skip(reason, 1)
  }
  const predictions: Prediction[] = []
  for (let from = 0; from < due.length; from += BATCH_ROWS_MAX) {
    const rows = due.slice(from, from + BATCH_ROWS_MAX)
    const scored = await scoreRowsOrSkip(job, rows)
    predictions.push(...scored)
  }
  const finite = predictions.filter(({ predictedReturn }) => Number.isFinite(predictedReturn))
  skip('not_finite', predictions.length - finite.length)
  metrics.predictions.inc(
    { model: version.modelName, version: version.version, role: route.role },
    finite.length,
  )
  metrics.predictionTotal.inc({ source: 'stream' }, finite.length)
  return finite.map((prediction) => out(predictionsTopic, prediction))
}

/**
 * Without the champion's predictions the batch comes again, and so it does where a thread has died,
 * since the model comes back. A challenger or a shadow that lives and cannot score these rows would
 * never: they are passed over, and the champion goes on.
 */
async function scoreRowsOrSkip(
  job: Job,
  rows: readonly Incoming<Features>[],
): Promise<Prediction[]> {
  const { fleet, metrics, logger, route, skip } = job
  const { modelName, version } = route.loaded.version
  const labels = { model: modelName, version, role: route.role }
  const stop = metrics.scoreSeconds.startTimer(labels)
  try {
    return await scoreRows(job, rows)
  } catch (thrown) {
    metrics.scoreFailures.inc(labels)
    const isAlive = fleet.find(route.loaded.version) === route.loaded
    if (route.role === 'champion' || !isAlive) throw thrown
    skip('model_failed', rows.length)
    logger.warn({ ...labels, rows: rows.length, cause: messageOf(thrown) }, 'Rows passed over')
    return []
  } finally {
    stop()
  }
}

async function scoreRows(job: Job, records: readonly Incoming<Features>[]): Promise<Prediction[]> {
  const { route, routes, errors, quality, featureAges } = job
  const { loaded } = route
  const { version, model } = loaded
  const { modelName, version: modelVersion } = version
  // By way of the loaded model: its calls are counted.
  const counted = { version, ranges: model.ranges, score: loaded.score.bind(loaded) }
  return scoreVectors(counted, records, (record) => {
    const { instrument, eventTimeMs } = record.value
    return {
      role: route.role,
      isAnswer: answeringRoute(modelName, routes, instrument)?.loaded === loaded,
      featureAgeMs: featureAges.get(record) ?? null,
      errors: errors.knownBy({ modelName, modelVersion, instrument }, eventTimeMs),
      ...quality,
    }
  })
}

/**
 * Scores every new vector with the live model into predictions.v1. It runs as a batch handler, so a
 * batch of vectors, its predictions and its offsets are one transaction: each vector is scored
 * exactly once, whichever server does it.
 *
 * A vector is scored only if it is later than everything the model has seen in training, so a
 * prediction is out of sample by construction. Everything that is not scored is counted by reason.
 */
import { carries } from '../../processors/features/feature-sets.ts'
import { out, type Incoming, type Outgoing } from '../../processors/runtime/processor.ts'
import { testErrorOf } from '../../processors/models/test-error.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import type { BatchHandler } from '../../processors/runtime/work.ts'
import type { Features, ModelVersion, Prediction } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { featuresTopic, predictionsTopic } from '../../streams/topics.ts'
import type { ServingMetrics, SkipReason } from '../metrics.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import type { ModelSlot } from '../models/model-slot.ts'
import { BATCH_ROWS_MAX, type ScoringModel } from '../models/scoring-model.ts'

const MINUTE_MS = 60_000
/** How long a batch waits for a model that died and is being loaded again. */
const RECOVERY_WAIT_MS = 30_000

export function scorer(slot: ModelSlot, metrics: ServingMetrics): BatchHandler<Features> {
  const skip = (reason: SkipReason, count: number): void => {
    if (count > 0) metrics.skipped.inc({ reason }, count)
  }
  return {
    name: 'scorer',
    input: featuresTopic,
    async handle(records) {
      if (slot.live === undefined && !(await slot.whenRecovered(RECOVERY_WAIT_MS))) {
        // Still recovering: the batch comes again. No model at all: these vectors stay unscored.
        if (slot.recovering)
          throw new CandlewireError('MODEL_FAILED', 'The model is still being loaded again')
        skip('no_model', records.length)
        return []
      }
      return slot.use((model) => scoreBatch(model, records, metrics, skip))
    },
  }
}

async function scoreBatch(
  model: ScoringModel,
  records: readonly Incoming<Features>[],
  metrics: ServingMetrics,
  skip: (reason: SkipReason, count: number) => void,
): Promise<Outgoing[]> {
  const { version } = model
  const matching = records.filter(({ value }) => carries(value, version))
  const known = matching.filter(({ value }) => version.instruments.includes(value.instrument))
  const due = known.filter(({ value }) => value.eventTimeMs > version.trainedUntilMs)
  skip('feature_set', records.length - matching.length)
  skip('instrument', matching.length - known.length)
  skip('in_sample', known.length - due.length)
  const predictions: Prediction[] = []
  for (let from = 0; from < due.length; from += BATCH_ROWS_MAX) {
    const stop = metrics.scoreSeconds.startTimer()
    predictions.push(...(await scoreRows(model, due.slice(from, from + BATCH_ROWS_MAX))))
    stop()
  }
  const finite = predictions.filter(({ predictedReturn }) => Number.isFinite(predictedReturn))
  skip('not_finite', predictions.length - finite.length)
  metrics.predictions.inc({ model: version.modelName, version: version.version }, finite.length)
  metrics.predictionTotal.inc({ source: 'stream' }, finite.length)
  return finite.map((prediction) => out(predictionsTopic, prediction))
}

async function scoreRows(
  model: ScoringModel,
  records: readonly Incoming<Features>[],
): Promise<Prediction[]> {
  const { inputColumns } = model.version
  const write = rowWriterOf(model.version)
  const matrix = new Float32Array(records.length * inputColumns.length)
  const missing = records.map(({ value }, row) => write(value, matrix, row))
  const answers = await model.score(matrix, records.length)
  return records.map((record, row) =>
    predictionOf(model.version, record, answers[row] ?? NaN, missing[row] ?? 0),
  )
}

function predictionOf(
  model: ModelVersion,
  { value: vector, topic, partition, offset }: Incoming<Features>,
  predictedReturn: number,
  featuresMissing: number,
): Prediction {
  return {
    predictionId: `${vector.instrument}@${vector.openTimeMs}@${model.modelName}/${model.version}`,
    instrument: vector.instrument,
    openTimeMs: vector.openTimeMs,
    eventTimeMs: vector.eventTimeMs,
    modelName: model.modelName,
    modelVersion: model.version,
    modelSha256: model.artifactSha256,
    role: 'champion',
    featureSetFingerprint: vector.featureSetFingerprint,
    horizonMinutes: model.horizonMinutes,
    targetTimeMs: vector.eventTimeMs + model.horizonMinutes * MINUTE_MS,
    predictedReturn,
    referenceClose: vector.close,
    featuresMissing,
    lineage: [{ topic, partition, fromOffset: offset, toOffset: offset }],
    ...UNQUALIFIED,
    objective: model.objective,
    testError: testErrorOf(model),
  }
}

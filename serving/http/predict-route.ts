/** `POST /predict`: one prediction, from the newest vector of an instrument or from given features. */
import type { FastifyInstance } from 'fastify'
import { carries, EVERYTHING, numericFeatures } from '../../processors/features/feature-sets.ts'
import { AUTOREGRESSIVE_ORDER, type VectorLike } from '../../processors/models/input-columns.ts'
import type { FeatureValues } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import type { ScoringModel } from '../models/scoring-model.ts'
import type { AppDependencies, StoredVector } from './dependencies.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

interface PredictBody {
  readonly instrument?: string
  readonly features?: Partial<FeatureValues>
  readonly recentReturns?: readonly (number | null)[]
}

const { number, integer, text, nullable } = fields
const missingOr = (description: string) => nullable('number', description)

const bodySchema = {
  type: 'object',
  additionalProperties: false,
  oneOf: [
    { required: ['instrument'], not: { required: ['recentReturns'] } },
    { required: ['features'] },
  ],
  properties: {
    instrument: instrumentSchema,
    features: {
      type: 'object',
      additionalProperties: false,
      description: 'Features by name; what is left out or null is missing.',
      properties: Object.fromEntries(
        numericFeatures(EVERYTHING).map((name) => [name, missingOr('See docs/features.md.')]),
      ),
    },
    recentReturns: {
      type: 'array',
      maxItems: AUTOREGRESSIVE_ORDER,
      items: { type: ['number', 'null'] },
      description: 'One-minute simple returns, newest first, for models that read lags.',
    },
  },
}

const answerSchema = {
  type: 'object',
  properties: {
    modelName: text('Model that answers.'),
    modelVersion: text('Its version.'),
    algorithm: text('Its algorithm.'),
    predictedReturn: number('Predicted forward return, percent.'),
    horizonMinutes: integer('How far ahead, minutes.'),
    featuresMissing: integer('Model inputs that were missing.'),
    source: {
      type: 'string',
      enum: ['redis', 'request'],
      description: 'Where the features came from.',
    },
    instrument: nullable('string', 'Instrument; null for given features.'),
    eventTimeMs: nullable(
      'integer',
      'Close of the bar the vector is of, ms UTC; null for given features.',
    ),
    targetTimeMs: nullable('integer', 'Time the prediction is about, ms UTC.'),
    referenceClose: nullable('number', 'Close the return is counted from.'),
    featureOffset: nullable('integer', 'Offset of the vector in features.v1.'),
    featureAgeSeconds: nullable('number', 'From the close of the bar to now, seconds.'),
    featureTtlSeconds: nullable('integer', 'A vector older than this is stale, seconds.'),
    stale: nullable('boolean', 'Whether the vector is older than that.'),
    inSample: nullable('boolean', 'Whether the model has seen this time in training.'),
    latencyMs: number('Time in the server, ms.'),
  },
}

const MINUTE_MS = 60_000

export function predictRoute(
  app: FastifyInstance,
  { models, store, vectorTtlSeconds, metrics }: AppDependencies,
): void {
  app.post<{ Body: PredictBody }>(
    '/predict',
    {
      schema: {
        tags: ['prediction'],
        summary: 'Predict from the newest vector of an instrument, or from given features',
        body: bodySchema,
        response: { 200: answerSchema, ...failures(400, 404, 409, 503) },
      },
    },
    async ({ body }) => {
      const started = performance.now()
      const answer =
        body.features === undefined
          ? await fromStore(body.instrument ?? '')
          : await models.slot.use((model) => fromRequest(model, body))
      const latencyMs = performance.now() - started
      metrics.predictionTotal.inc({ source: 'request' })
      metrics.predictionLatency.observe(latencyMs / 1_000)
      return { ...answer, latencyMs }
    },
  )

  async function fromStore(instrument: string): Promise<object> {
    const stored = await store.newestVector(instrument)
    const cache = stored === undefined ? metrics.cacheMisses : metrics.cacheHits
    cache.inc()
    if (stored === undefined) {
      throw new CandlewireError(
        'NOT_FOUND',
        `There is no vector of ${instrument} in the online store: unknown, or expired after ${vectorTtlSeconds} s`,
      )
    }
    return models.slot.use((model) => scoreStored(model, stored))
  }

  async function scoreStored(
    model: ScoringModel,
    { vector, offset, eventTimeMs }: StoredVector,
  ): Promise<object> {
    const { version } = model
    if (!carries(vector, version)) {
      throw new CandlewireError(
        'FEATURES_INCOMPATIBLE',
        `The vector of ${vector.instrument} is of ${vector.featureSet} ${vector.featureSetFingerprint}, the model ${version.version} was trained on ${version.featureSet} ${version.featureSetFingerprint}`,
      )
    }
    if (!version.instruments.includes(vector.instrument)) {
      throw new CandlewireError(
        'NO_MODEL',
        `The live model was not trained on ${vector.instrument} but on ${version.instruments.join(', ')}`,
      )
    }
    const scored = await scoreOne(model, vector)
    const featureAgeSeconds = (Date.now() - eventTimeMs) / 1_000
    return {
      ...scored,
      source: 'redis',
      instrument: vector.instrument,
      eventTimeMs,
      targetTimeMs: eventTimeMs + version.horizonMinutes * MINUTE_MS,
      referenceClose: vector.close,
      featureOffset: offset,
      featureAgeSeconds,
      featureTtlSeconds: vectorTtlSeconds,
      stale: featureAgeSeconds > vectorTtlSeconds,
      inSample: eventTimeMs <= version.trainedUntilMs,
    }
  }
}

async function fromRequest(model: ScoringModel, body: PredictBody): Promise<object> {
  const scored = await scoreOne(model, {
    values: (body.features ?? {}) as FeatureValues,
    recentReturns: body.recentReturns ?? [],
  })
  const unknown = {
    eventTimeMs: null,
    targetTimeMs: null,
    referenceClose: null,
    featureOffset: null,
  }
  const ageless = { featureAgeSeconds: null, featureTtlSeconds: null, stale: null, inSample: null }
  return { ...scored, source: 'request', instrument: null, ...unknown, ...ageless }
}

async function scoreOne(model: ScoringModel, vector: VectorLike): Promise<object> {
  const {
    modelName,
    version: modelVersion,
    algorithm,
    horizonMinutes,
    inputColumns,
  } = model.version
  const matrix = new Float32Array(inputColumns.length)
  const featuresMissing = rowWriterOf(model.version)(vector, matrix, 0)
  const [predictedReturn] = await model.score(matrix, 1)
  if (predictedReturn === undefined || !Number.isFinite(predictedReturn)) {
    throw new CandlewireError(
      'REQUEST_INVALID',
      `The model has no answer to this vector: ${featuresMissing} of its ${inputColumns.length} inputs are missing`,
    )
  }
  return { modelName, modelVersion, algorithm, predictedReturn, horizonMinutes, featuresMissing }
}

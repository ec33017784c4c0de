/**
 * `POST /predict`: a prediction from the newest vector of an instrument, from the one known at a past
 * time, with single features replaced, or from given features; an array of these is a batch.
 */
import type { FastifyInstance } from 'fastify'
import type { ValidationFunction } from 'fastify/types/request.js'
import { EVERYTHING, numericFeatures } from '../../processors/features/feature-sets.ts'
import { AUTOREGRESSIVE_ORDER } from '../../processors/models/input-columns.ts'
import { BATCH_MAX, batchSchema, predictBatch } from './batch-prediction.ts'
import { givenTimeSchema } from './given-time.ts'
import { hintOf } from './nearest-name.ts'
import { asOfSchema } from './past-prediction.ts'
import type { PredictBody, PredictorDependencies } from './predict-request.ts'
import { Predictor } from './predictor.ts'
import {
  degradedSchema,
  failures,
  fields,
  instrumentSchema,
  modelChoiceProperties,
  qualitySchemas,
} from './schemas.ts'
import { whatIfSchemas } from './what-if.ts'

/** 256 requests with all of their features are 1 MB. */
const BODY_BYTES_MAX = 1024 * 1024

const { number, integer, text, nullable } = fields
const missingOr = (description: string) => nullable('number', description)

const featureProperties = Object.fromEntries(
  numericFeatures(EVERYTHING).map((name) => [name, missingOr('See docs/features.md.')]),
)

const itemSchema = {
  type: 'object',
  additionalProperties: false,
  oneOf: [
    { required: ['instrument'], not: { required: ['recentReturns'] } },
    {
      required: ['features'],
      not: { anyOf: [{ required: ['timestamp'] }, { required: ['overrides'] }] },
    },
  ],
  properties: {
    instrument: instrumentSchema,
    ...modelChoiceProperties,
    key: {
      type: 'string',
      maxLength: 200,
      description:
        'What the routing between champion and challenger sticks to; unset: the instrument.',
    },
    features: {
      type: 'object',
      additionalProperties: false,
      description: 'Features by name; what is left out or null is missing.',
      properties: featureProperties,
    },
    timestamp: givenTimeSchema(
      'As of this time: the vector known then, scored by the version that was live then.',
    ),
    overrides: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      description: 'What if these features of the vector had been others; null is missing.',
      properties: featureProperties,
    },
    recentReturns: {
      type: 'array',
      maxItems: AUTOREGRESSIVE_ORDER,
      items: { type: ['number', 'null'] },
      description: 'One-minute simple returns, newest first, for models that read lags.',
    },
  },
}

/** The shape of an item is checked item by item, so that a wrong one does not spoil the others. */
const bodySchema = {
  if: { type: 'array' },
  then: {
    type: 'array',
    minItems: 1,
    maxItems: BATCH_MAX,
    items: { description: 'As a single request.' },
  },
  else: itemSchema,
}

const answerSchema = {
  type: 'object',
  properties: {
    modelName: text('Model that answers.'),
    modelVersion: text('Its version.'),
    algorithm: text('Its algorithm.'),
    role: text('champion, challenger, shadow, or standby: loaded without a role.'),
    warning: nullable('string', 'What is to be known before acting on the answer.'),
    objective: text('regression or classification.'),
    predictedReturn: number('Predicted forward return, percent; 0 of a classification.'),
    ...qualitySchemas,
    intervalCoverage: nullable('number', 'Share of outcomes the interval is to cover.'),
    intervalOutcomes: integer('Outcomes the interval was made from.'),
    horizonMinutes: integer('How far ahead, minutes.'),
    featuresMissing: integer('Model inputs that were missing.'),
    source: {
      type: 'string',
      enum: ['redis', 'memory', 'clickhouse', 'request'],
      description:
        'Where the features came from; memory: what the server has followed itself, as Redis is away.',
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
    ...whatIfSchemas,
    asOf: asOfSchema,
    degraded: degradedSchema,
    latencyMs: number('Time in the server, ms.'),
  },
}

export function predictRoute(app: FastifyInstance, deps: PredictorDependencies): void {
  const { metrics } = deps
  const predictor = new Predictor(deps)
  app.post<{ Body: PredictBody | readonly unknown[] }>(
    '/predict',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['prediction'],
        summary:
          'Predict: now, as of a past time, what if, from given features, or a batch of these',
        body: bodySchema,
        response: {
          200: answerSchema,
          207: batchSchema(answerSchema),
          ...failures(400, 404, 409, 410, 413, 503),
        },
      },
    },
    async (request, reply) => {
      const { body } = request
      const started = performance.now()
      if (isBatch(body)) {
        const check = request.compileValidationSchema(itemSchema)
        const answers = await predictBatch(predictor, body, wrongWith(check), request.log)
        const failed = answers.filter(({ error }) => error !== null).length
        metrics.predictionTotal.inc({ source: 'request' }, answers.length - failed)
        void reply.code(207)
        return { failed, answers, latencyMs: performance.now() - started }
      }
      const answer = await predictor.predict(body)
      const latencyMs = performance.now() - started
      metrics.predictionTotal.inc({ source: 'request' })
      metrics.predictionLatency.observe(latencyMs / 1_000)
      return { ...answer, latencyMs }
    },
  )
}

const isBatch = (body: PredictBody | readonly unknown[]): body is readonly unknown[] =>
  Array.isArray(body)

/** As the schema says it of a single request, with the place in the batch. */
const wrongWith =
  (check: ValidationFunction) =>
  (item: unknown, index: number): string | undefined => {
    if (check(item)) return undefined
    const [first] = check.errors ?? []
    const extra: unknown = first?.params?.['additionalProperty']
    const name = typeof extra === 'string' ? `: ${extra}${hintOf(extra, FEATURES)}` : ''
    return `body/${index}${first?.instancePath ?? ''} ${first?.message ?? 'is invalid'}${name}`
  }

const FEATURES = numericFeatures(EVERYTHING)

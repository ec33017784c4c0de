/** `POST /predict`: one prediction, from the newest vector of an instrument or from given features. */
import type { FastifyInstance } from 'fastify'
import { EVERYTHING, numericFeatures } from '../../processors/features/feature-sets.ts'
import { AUTOREGRESSIVE_ORDER } from '../../processors/models/input-columns.ts'
import { Predictor, type PredictBody, type PredictorDependencies } from './predictor.ts'
import {
  failures,
  fields,
  instrumentSchema,
  modelChoiceProperties,
  qualitySchemas,
} from './schemas.ts'

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

export function predictRoute(app: FastifyInstance, deps: PredictorDependencies): void {
  const { metrics } = deps
  const predictor = new Predictor(deps)
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
      const answer = await predictor.predict(body)
      const latencyMs = performance.now() - started
      metrics.predictionTotal.inc({ source: 'request' })
      metrics.predictionLatency.observe(latencyMs / 1_000)
      return { ...answer, latencyMs }
    },
  )
}

/** `GET /page-data/drift`, `/distribution`: drift as a map, and what lies behind a cell of it. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { spanOf, spanQuerySchema, wholeSpan, type SpanQuery } from './page-span.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

const { integer, number, text } = fields
const numbers = (description: string) => ({
  type: 'array',
  items: { type: 'number' },
  description,
})

const mapSchema = {
  type: 'object',
  properties: {
    times: numbers('Times of the reports, ms UTC.'),
    features: { type: 'array', items: { type: 'string' } },
    cells: {
      type: 'array',
      description: '[time index, feature index, KS distance over its threshold, drifted]',
      items: { type: 'array', items: { type: ['number', 'boolean'] } },
    },
    known: integer('Features there are.'),
  },
}

const distributionSchema = {
  type: 'object',
  properties: {
    feature: text('Feature.'),
    modelName: text('Model that was trained on the reference.'),
    modelVersion: text('Its version.'),
    windowFromMs: integer('First vector of the window, ms UTC.'),
    windowToMs: integer('Last vector of it, ms UTC.'),
    edges: numbers('Ends of the bins.'),
    reference: numbers('Shares by bin.'),
    current: numbers('Shares by bin.'),
    referenceRows: integer('Rows of the reference.'),
    currentRows: integer('Vectors of the window.'),
    referenceMissing: number('Share without a value.'),
    currentMissing: number('Share without a value.'),
  },
}

interface DistributionQuery {
  readonly instrument: string
  readonly feature: string
  readonly at_ms: number
}

export function pageDriftRoutes(app: FastifyInstance, { page }: AppDependencies): void {
  app.get<{ Querystring: SpanQuery }>(
    '/page-data/drift',
    {
      preValidation: wholeSpan,
      schema: {
        hide: true,
        querystring: spanQuerySchema(),
        response: { 200: mapSchema, ...failures(400, 503) },
      },
    },
    ({ query }) => page.drift.map({ ...spanOf(query), instrument: query.instrument }),
  )
  app.get<{ Querystring: DistributionQuery }>(
    '/page-data/distribution',
    {
      preValidation: wholeSpan,
      schema: {
        hide: true,
        querystring: {
          type: 'object',
          required: ['instrument', 'feature', 'at_ms'],
          additionalProperties: false,
          properties: {
            instrument: instrumentSchema,
            feature: { type: 'string', minLength: 1, maxLength: 100 },
            at_ms: { type: 'integer', minimum: 0 },
          },
        },
        response: { 200: distributionSchema, ...failures(400, 404, 503) },
      },
    },
    ({ query: { instrument, feature, at_ms: atMs } }) =>
      page.drift.distribution({ instrument, feature, atMs }),
  )
}

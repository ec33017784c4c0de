/** What is known of an instrument now: its newest features, with their age. */
import type { FastifyInstance } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import type { AppDependencies } from './dependencies.ts'
import { degradedBy } from './degraded-by.ts'
import { degradedSchema, failures, fields, instrumentSchema } from './schemas.ts'

const { integer, number, text } = fields

const featuresSchema = {
  type: 'object',
  properties: {
    instrument: text('Instrument name.'),
    openTimeMs: integer('Start of the bar, ms UTC.'),
    eventTimeMs: integer('Close of the bar, ms UTC.'),
    close: number('Close of the bar.'),
    featureSet: text('Feature set.'),
    featureSetFingerprint: text('Its fingerprint.'),
    offset: integer('Offset in features.v1.'),
    ageSeconds: number('From the close of the bar to now, seconds.'),
    ttlSeconds: integer('A vector older than this is stale, seconds.'),
    stale: { type: 'boolean' },
    source: { type: 'string', enum: ['redis', 'memory'], description: 'Where it comes from.' },
    degraded: degradedSchema,
    values: { type: 'object', additionalProperties: { type: ['number', 'null'] } },
    recentReturns: { type: 'array', items: { type: ['number', 'null'] } },
  },
}

export function marketRoutes(
  app: FastifyInstance,
  {
    store,
    dependencies,
    vectorTtlSeconds,
  }: Pick<AppDependencies, 'store' | 'dependencies' | 'vectorTtlSeconds'>,
): void {
  app.get<{ Params: { instrument: string } }>(
    '/features/:instrument',
    {
      schema: {
        tags: ['features'],
        summary: 'Newest vector of an instrument from the online store, with its age',
        params: {
          type: 'object',
          required: ['instrument'],
          properties: { instrument: instrumentSchema },
        },
        response: { 200: featuresSchema, ...failures(400, 404, 503) },
      },
    },
    async ({ params }) => {
      const stored = await store.newestVector(params.instrument)
      if (stored === undefined)
        throw new CandlewireError(
          'NOT_FOUND',
          `There is no vector of ${params.instrument} in the online store`,
        )
      const ageSeconds = (Date.now() - stored.eventTimeMs) / 1_000
      return {
        ...stored.vector,
        offset: stored.offset,
        ageSeconds,
        ttlSeconds: vectorTtlSeconds,
        stale: ageSeconds > vectorTtlSeconds,
        source: stored.source ?? 'redis',
        degraded: degradedBy(stored, dependencies),
      }
    },
  )
}

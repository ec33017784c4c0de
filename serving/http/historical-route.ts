/**
 * `POST /features/historical`: a point-in-time join. Each row gets the features that were known at its
 * time, and nothing that came later; see `past/vector-archive.ts` for what "known" means.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { EVERYTHING, kindOf, type FeatureName } from '../../processors/features/feature-sets.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { AskedRow, KnownRow } from '../past/vector-archive.ts'
import type { AppDependencies } from './dependencies.ts'
import { givenTimeMs, givenTimeSchema, type GivenTime } from './given-time.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

interface HistoricalRequest {
  readonly rows: readonly { readonly instrument: string; readonly timestamp: GivenTime }[]
  readonly features: readonly FeatureName[]
  readonly max_age_seconds?: number
}

const ROWS_MAX = 10_000
/** A row of the longest instrument name and time is 130 bytes. */
const BODY_BYTES_MAX = 2 * 1024 * 1024
/** Values of one answer: 10,000 rows of 50 features are some 10 MB of JSON. */
const VALUES_MAX = 500_000
const AGE_MAX_S = 10 * 366 * 86_400

const { integer, nullable } = fields

const bodySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rows', 'features'],
  properties: {
    rows: {
      type: 'array',
      minItems: 1,
      maxItems: ROWS_MAX,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['instrument', 'timestamp'],
        properties: {
          instrument: instrumentSchema,
          timestamp: givenTimeSchema('As of then.'),
        },
      },
    },
    features: {
      type: 'array',
      minItems: 1,
      maxItems: EVERYTHING.features.length,
      uniqueItems: true,
      items: { type: 'string', enum: [...EVERYTHING.features] },
      description: 'Names as in docs/features.md.',
    },
    max_age_seconds: {
      type: 'integer',
      minimum: 1,
      maximum: AGE_MAX_S,
      description: 'Older vectors count as none; unset: however old.',
    },
  },
}

const answerSchema = {
  type: 'object',
  required: ['rows', 'found'],
  properties: {
    found: integer('Rows that a vector was known for.'),
    rows: {
      type: 'array',
      description: 'In the order they were asked for.',
      items: {
        type: 'object',
        properties: {
          instrument: { type: 'string' },
          timeMs: integer('The time asked for, ms UTC.'),
          eventTimeMs: nullable('integer', 'Close of the bar known then, ms UTC; null: none was.'),
          ageSeconds: nullable('number', 'From that close to the time asked for, seconds.'),
          featureSet: nullable('string', 'Feature set of the vector.'),
          values: {
            type: ['object', 'null'],
            additionalProperties: { type: ['number', 'string', 'null'] },
            description: 'Times as Unix ms.',
          },
        },
      },
    },
  },
}

export function historicalRoute(
  app: FastifyInstance,
  { past }: Pick<AppDependencies, 'past'>,
): void {
  app.post<{ Body: HistoricalRequest }>(
    '/features/historical',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['features'],
        summary: 'Features as they were known at past times, row by row',
        description: 'JSON, or CSV where `Accept` prefers text/csv.',
        body: bodySchema,
        response: {
          200: {
            description: 'Default Response',
            content: {
              'application/json': { schema: answerSchema },
              'text/csv': { schema: { type: 'string' } },
            },
          },
          ...failures(400, 413, 503),
        },
      },
    },
    async ({ body, headers }, reply) => {
      const { features } = body
      const rows = body.rows.map(({ instrument, timestamp }, at) => ({
        instrument,
        timeMs: givenTimeMs(timestamp, `body/rows/${at}/timestamp`),
      }))
      if (rows.length * features.length > VALUES_MAX) return tooMany(rows.length, features.length)
      const maxAgeMs = 1_000 * (body.max_age_seconds ?? AGE_MAX_S)
      const known = await past.vectors.join(rows, features, maxAgeMs)
      if (prefersCsv(headers.accept)) return sendCsv(reply, rows, known, features)
      return {
        found: known.filter((row) => row !== undefined).length,
        rows: rows.map((row, at) => ({ ...row, ...shown(row, known[at]) })),
      }
    },
  )
}

const shown = ({ timeMs }: AskedRow, known: KnownRow | undefined) => ({
  eventTimeMs: known?.eventTimeMs ?? null,
  ageSeconds: known === undefined ? null : (timeMs - known.eventTimeMs) / 1_000,
  featureSet: known?.featureSet ?? null,
  values: known?.values ?? null,
})

function tooMany(rows: number, features: number): never {
  throw new CandlewireError(
    'REQUEST_INVALID',
    `body asks for ${rows} rows of ${features} features; one answer has at most ${VALUES_MAX} values: ask in parts`,
  )
}

/** By quality, as RFC 9110 12.5.1 has it; JSON where both are as welcome. */
export function prefersCsv(accept = '*/*'): boolean {
  const quality = (type: string): number => {
    const wanted = accept.split(',').map((part) =>
      part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    )
    const [group] = type.split('/')
    const match = [type, `${group}/*`, '*/*']
      .map((range) => wanted.find(([name]) => name === range))
      .find((found) => found !== undefined)
    const q = match?.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return match === undefined ? 0 : q === undefined ? 1 : Number(q) || 0
  }
  return quality('text/csv') > quality('application/json')
}

/** RFC 4180; times as ISO 8601, what is not known is empty. */
function sendCsv(
  reply: FastifyReply,
  rows: readonly AskedRow[],
  known: readonly (KnownRow | undefined)[],
  features: readonly FeatureName[],
): FastifyReply {
  const lines = rows.map(({ instrument, timeMs }, at) => {
    const row = known[at]
    const times = [timeMs, row?.eventTimeMs].map(isoOrEmpty)
    const values = features.map((name) => csvValue(name, row?.values[name] ?? null))
    return [instrument, ...times, ...values].join(',')
  })
  const header = ['instrument', 'timestamp', 'event_time', ...features].join(',')
  // A string given to `send` is not put through the JSON schema.
  return reply.type('text/csv; charset=utf-8').send([header, ...lines, ''].join('\r\n'))
}

const isoOrEmpty = (ms: number | undefined): string =>
  ms === undefined ? '' : new Date(ms).toISOString()

function csvValue(name: FeatureName, value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return kindOf(name) === 'time' ? isoOrEmpty(value) : String(value)
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

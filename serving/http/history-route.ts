/** `GET /predictions/history`: what was predicted and what came of it, page by page. */
import type { FastifyInstance } from 'fastify'
import type { PredictionKey } from '../past/prediction-archive.ts'
import { PredictionPages } from '../past/prediction-pages.ts'
import type { AppDependencies } from './dependencies.ts'
import { queryTimeMs, queryTimeSchema } from './given-time.ts'
import { cursorOf, cursorSchema, readCursor } from './page-cursor.ts'
import {
  degradedSchema,
  failures,
  fields,
  instrumentSchema,
  modelChoiceProperties,
  shownPredictionSchema,
} from './schemas.ts'
import { wholeNumbers } from './whole-numbers.ts'

const { nullable } = fields

interface HistoryRequest {
  readonly instrument?: string
  readonly model_name?: string
  readonly model_version?: string
  readonly from?: string
  readonly to?: string
  readonly cursor?: string
  readonly limit: number
}

const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    instrument: instrumentSchema,
    model_name: { ...modelChoiceProperties.model_name, description: 'Only of this model.' },
    model_version: { ...modelChoiceProperties.model_version, description: 'Only of this version.' },
    from: queryTimeSchema('Event time from which on, inclusive.'),
    to: queryTimeSchema('Event time up to which, exclusive.'),
    cursor: cursorSchema,
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000,
      default: 100,
      description: 'Most predictions of a page, newest first.',
    },
  },
}

const pageSchema = {
  type: 'object',
  required: ['predictions', 'next', 'source', 'complete', 'degraded'],
  properties: {
    predictions: { type: 'array', items: shownPredictionSchema },
    next: nullable('string', 'The cursor of the next page; null: this was the last one.'),
    source: {
      type: 'string',
      enum: ['memory', 'clickhouse', 'both'],
      description: 'Where they come from.',
    },
    complete: {
      type: 'boolean',
      description: 'False while ClickHouse is away: then older ones may be missing.',
    },
    degraded: degradedSchema,
  },
}

export function historyRoute(
  app: FastifyInstance,
  { view, past, dependencies }: Pick<AppDependencies, 'view' | 'past' | 'dependencies'>,
): void {
  const pages = new PredictionPages(view, past.predictions)
  app.get<{ Querystring: HistoryRequest }>(
    '/predictions/history',
    {
      preValidation: wholeNumbers('limit'),
      schema: {
        tags: ['prediction'],
        summary: 'Committed predictions with what came of them, newest first, page by page',
        querystring: querySchema,
        response: { 200: pageSchema, ...failures(400, 503) },
      },
    },
    async ({ query: { cursor, limit, ...asked } }) => {
      const question = {
        instrument: asked.instrument,
        modelName: asked.model_name,
        modelVersion: asked.model_version,
        fromMs: queryTimeMs(asked.from, 'from'),
        toMs: queryTimeMs(asked.to, 'to'),
      }
      const after = cursor === undefined ? undefined : keyOf(cursor, question)
      const page = await pages.page({ ...question, after, limit })
      const last = page.predictions.length < limit ? undefined : page.predictions.at(-1)
      const next =
        last === undefined
          ? null
          : cursorOf(question, [
              last.eventTimeMs,
              last.instrument,
              last.modelName,
              last.modelVersion,
            ])
      const away = dependencies.away(['kafka'])
      const degraded = page.complete ? away : [...away, 'clickhouse']
      return { ...page, next, degraded }
    },
  )
}

function keyOf(cursor: string, question: object): PredictionKey {
  const kinds = ['number', 'string', 'string', 'string'] as const
  const parts = readCursor(cursor, question, kinds)
  const [eventTimeMs, instrument, modelName, modelVersion] = parts as [
    number,
    string,
    string,
    string,
  ]
  return { eventTimeMs, instrument, modelName, modelVersion }
}

/** `GET /page-data/quality`, `/judgement`: errors over time by version, and ROC, confusion, calibration. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { spanOf, spanQuerySchema, wholeSpan, type SpanQuery } from './page-span.ts'
import { failures, fields } from './schemas.ts'

const { integer, number, nullable, text } = fields
const object = (properties: object) => ({ type: 'object', properties })
const list = (properties: object) => ({ type: 'array', items: object(properties) })

const qualitySchema = object({
  windowMinutes: integer('Length of the window of a point, minutes.'),
  points: list({
    modelVersion: text('Version.'),
    role: text('Role.'),
    objective: text('regression or classification.'),
    timeMs: integer('End of the window, ms UTC.'),
    outcomes: integer('Outcomes in it.'),
    error: number('RMSE in percent return, or Brier score.'),
    naiveError: number('Of the zero forecast, or of always one half.'),
  }),
})

const judgementSchema = object({
  objective: nullable('string', 'regression or classification; null without outcomes.'),
  isCut: { type: 'boolean', description: 'Whether only the newest outcomes are looked at.' },
  outcomes: integer('Outcomes looked at.'),
  moves: integer('Of these, those that moved.'),
  upShare: nullable('number', 'What always saying up reaches.'),
  roc: {
    anyOf: [
      object({
        auc: number('Area under the curve; 0.5 is chance.'),
        points: { type: 'array', items: { type: 'array', items: { type: 'number' } } },
      }),
      { type: 'null' },
    ],
  },
  confusion: object(
    Object.fromEntries(
      ['upUp', 'upDown', 'downUp', 'downDown', 'flatUp', 'flatDown'].map((name) => [
        name,
        integer('Moves, by what was said and what came.'),
      ]),
    ),
  ),
  calibration: list({
    said: number('Mean probability of up.'),
    came: number('Share that went up.'),
    rows: integer('Moves in the bin.'),
  }),
  coverage: {
    anyOf: [
      object({
        wanted: number('What the intervals were to cover.'),
        covered: number('What they covered.'),
        rows: integer('Outcomes with an interval.'),
        byWidth: list({
          width: number('Mean width, percent.'),
          covered: number('Share.'),
          rows: integer('Outcomes.'),
        }),
      }),
      { type: 'null' },
    ],
  },
})

const name = (description: string) => ({
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description,
})

interface JudgedQuery extends SpanQuery {
  readonly model_name: string
  readonly model_version: string
}

export function pageQualityRoutes(app: FastifyInstance, { page, models }: AppDependencies): void {
  app.get<{ Querystring: SpanQuery }>(
    '/page-data/quality',
    {
      preValidation: wholeSpan,
      schema: {
        hide: true,
        querystring: spanQuerySchema(),
        response: { 200: qualitySchema, ...failures(400, 503) },
      },
    },
    ({ query }) =>
      page.quality.overTime({
        ...spanOf(query),
        instrument: query.instrument,
        modelName: models.defaultModel,
      }),
  )
  app.get<{ Querystring: JudgedQuery }>(
    '/page-data/judgement',
    {
      preValidation: wholeSpan,
      schema: {
        hide: true,
        querystring: spanQuerySchema({
          model_name: name('Model name.'),
          model_version: name('Version.'),
        }),
        response: { 200: judgementSchema, ...failures(400, 503) },
      },
    },
    ({ query }) =>
      page.quality.judged({
        ...spanOf(query),
        instrument: query.instrument,
        modelName: query.model_name,
        modelVersion: query.model_version,
      }),
  )
}

/** `GET /page-data/market`, `/news`, `/days`: what the charts of the page show of the past. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { spanOf, spanQuerySchema, wholeSpan, type SpanQuery } from './page-span.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

const { integer, number, nullable, text } = fields
const list = (properties: object) => ({ type: 'array', items: { type: 'object', properties } })
const object = (properties: object) => ({ type: 'object', properties })

const marketSchema = object({
  stepMs: integer('Length of a bar, ms.'),
  bars: {
    type: 'array',
    description: '[open time ms, open, high, low, close, volume]',
    items: { type: 'array', items: { type: ['number', 'null'] } },
  },
  predictions: list({
    eventTimeMs: integer('Close of the bar the vector is of, ms UTC.'),
    targetTimeMs: integer('Time it is about, ms UTC.'),
    modelVersion: text('Version.'),
    role: text('Role.'),
    referenceClose: number('Close the return is counted from.'),
    predictedReturn: number('Percent.'),
    intervalLow: nullable('number', 'Percent.'),
    intervalHigh: nullable('number', 'Percent.'),
    signalStrength: nullable('number', '-1 to 1.'),
    realizedReturn: nullable('number', 'What came, percent.'),
  }),
})

const newsSchema = object({
  stepMs: integer('Length of a step, ms.'),
  steps: list({
    timeMs: integer('Start of the step, ms UTC.'),
    articles: nullable('number', 'Articles of the hour.'),
    sentiment: nullable('number', 'Mean score, -1 to 1.'),
    signalStrength: nullable('number', '0 to 1.'),
  }),
  articles: list({
    title: text('Headline.'),
    source: text('Publisher.'),
    url: nullable('string', 'Address.'),
    availableAtMs: integer('From when on it counts, ms UTC.'),
    score: number('-1 to 1.'),
    confidence: number('0 to 1.'),
  }),
})

const daysSchema = object({
  instruments: { type: 'array', items: { type: 'string' } },
  days: list({ day: text('UTC date.'), candles: integer('Candles of it.') }),
})

export function pageMarketRoutes(app: FastifyInstance, { page, models }: AppDependencies): void {
  const { market } = page
  app.get<{ Querystring: SpanQuery }>(
    '/page-data/market',
    {
      preValidation: wholeSpan,
      schema: {
        hide: true,
        querystring: spanQuerySchema(),
        response: { 200: marketSchema, ...failures(400, 503) },
      },
    },
    ({ query }) =>
      market.market({
        ...spanOf(query),
        instrument: query.instrument,
        modelName: models.defaultModel,
      }),
  )
  app.get<{ Querystring: SpanQuery }>(
    '/page-data/news',
    {
      preValidation: wholeSpan,
      schema: {
        hide: true,
        querystring: spanQuerySchema(),
        response: { 200: newsSchema, ...failures(400, 503) },
      },
    },
    ({ query }) => market.news({ ...spanOf(query), instrument: query.instrument }),
  )
  app.get<{ Querystring: { instrument: string } }>(
    '/page-data/days',
    {
      schema: {
        hide: true,
        querystring: {
          type: 'object',
          required: ['instrument'],
          additionalProperties: false,
          properties: { instrument: instrumentSchema },
        },
        response: { 200: daysSchema, ...failures(400, 503) },
      },
    },
    async ({ query: { instrument } }) => {
      const [instruments, days] = await Promise.all([
        market.instruments(),
        market.days(instrument, FAR_MS),
      ])
      return { instruments, days }
    },
  )
}

/** Later than any candle. */
const FAR_MS = 4_102_444_800_000

/** The newest articles with their sentiment. */
import type { FastifyInstance } from 'fastify'
import { newsClock } from '../live/news-clock.ts'
import type { ArchivedArticle } from '../news-archive.ts'
import type { AppDependencies } from './dependencies.ts'
import { degradedSchema, failures, fields, instrumentSchema } from './schemas.ts'
import { cursorOf, cursorSchema, readCursor } from './page-cursor.ts'
import { TIME_MAX_MS } from './given-time.ts'
import { wholeNumbers } from './whole-numbers.ts'

const { integer, number, text, nullable } = fields

const HOUR_MS = 3_600_000

interface NewsRequest {
  readonly limit: number
  readonly hours_back: number
  readonly instrument?: string
  readonly until?: number
  readonly cursor?: string
}

const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 20,
      description: 'Most articles answered, newest first.',
    },
    hours_back: {
      type: 'integer',
      minimum: 1,
      maximum: 8_784,
      default: 24,
      description: 'Articles that became available in so many hours before `until`.',
    },
    instrument: instrumentSchema,
    until: {
      type: 'integer',
      minimum: 0,
      description:
        'Where the hours are counted back from, ms UTC. Without it: now, or while a history is played the newest bar.',
      maximum: TIME_MAX_MS,
    },
    cursor: cursorSchema,
  },
}

const articleSchema = {
  type: 'object',
  properties: {
    articleId: text('Id.'),
    title: text('Headline.'),
    source: text('Publisher or feed.'),
    url: nullable('string', 'Address.'),
    publishedAtMs: integer('Publication, ms UTC.'),
    availableAtMs: integer('From when on it may be used, ms UTC.'),
    instruments: { type: 'array', items: { type: 'string' } },
    sentiment: {
      type: ['object', 'null'],
      description: 'Null while it is not scored.',
      properties: {
        label: { type: 'string', enum: ['positive', 'negative', 'neutral'] },
        score: number('positive - negative, -1 to 1.'),
        positive: number('Probability.'),
        negative: number('Probability.'),
        neutral: number('Probability.'),
        confidence: number('Largest of the three.'),
        model: text('Model that gave them.'),
      },
    },
  },
}

const answerSchema = {
  type: 'object',
  properties: {
    articles: { type: 'array', items: articleSchema },
    afterMs: integer('Begin of the span, ms UTC, exclusive.'),
    untilMs: integer('End of the span, ms UTC, inclusive.'),
    clock: {
      type: 'string',
      enum: ['now', 'newest bar', 'newest article', 'request'],
      description: 'What the end of the span is.',
    },
    store: {
      type: 'string',
      enum: ['clickhouse', 'redis'],
      description: 'Where the articles come from.',
    },
    complete: {
      type: 'boolean',
      description:
        'False while ClickHouse is away: then these are the few newest scored articles that Redis keeps for two hours.',
    },
    degraded: degradedSchema,
    next: nullable(
      'string',
      'The cursor of the next page, with the same filters; null: this was the last one, or ClickHouse is away.',
    ),
  },
}

export function newsRoute(app: FastifyInstance, { news, view }: AppDependencies): void {
  app.get<{ Querystring: NewsRequest }>(
    '/news/recent',
    {
      preValidation: wholeNumbers('limit', 'hours_back', 'until'),
      schema: {
        tags: ['news'],
        summary: 'Newest articles with their sentiment, repeats left out',
        querystring: querySchema,
        response: { 200: answerSchema, ...failures(400, 503) },
      },
    },
    async ({ query: { limit, hours_back: hoursBack, instrument, until, cursor } }) => {
      const question = { hoursBack, instrument, until }
      const [pagedUntilMs, availableAtMs, newsOffset] =
        cursor === undefined
          ? []
          : (readCursor(cursor, question, ['number', 'number', 'number']) as number[])
      const { timeMs: untilMs, clock } =
        pagedUntilMs !== undefined
          ? { timeMs: pagedUntilMs, clock: 'request' }
          : until === undefined
            ? newsClock({
                nowMs: Date.now(),
                newestBarMs: newestBarMs(view, instrument),
                newestArticleMs: view.newestArticleMs,
              })
            : { timeMs: until, clock: 'request' }
      const afterMs = untilMs - hoursBack * HOUR_MS
      const found = await news.recent({
        limit,
        afterMs,
        untilMs,
        ...(instrument === undefined ? {} : { instrument }),
        ...(availableAtMs === undefined || newsOffset === undefined
          ? {}
          : { after: { availableAtMs, newsOffset } }),
      })
      const articles = found.articles.map(withLabel)
      const store = found.source
      const last = found.articles.length < limit ? undefined : found.articles.at(-1)
      const next =
        last?.newsOffset === undefined
          ? null
          : // The end of the span goes along: without `until` it would move with the clock.
            cursorOf(question, [untilMs, last.availableAtMs, last.newsOffset])
      const complete = store === 'clickhouse'
      const degraded = complete ? [] : ['clickhouse']
      return { articles, afterMs, untilMs, clock, store, complete, degraded, next }
    },
  )
}

/** Of the instrument, if one is asked for: another one may be played from another year. */
const newestBarMs = (view: AppDependencies['view'], instrument: string | undefined): number =>
  instrument === undefined
    ? view.newestEventTimeMs
    : (view.instrument(instrument)?.closes.newestMs ?? 0)

function withLabel({ sentiment, ...article }: ArchivedArticle): object {
  if (sentiment === null) return { ...article, sentiment }
  const { positive, negative, confidence } = sentiment
  const label =
    confidence === positive ? 'positive' : confidence === negative ? 'negative' : 'neutral'
  return { ...article, sentiment: { label, ...sentiment } }
}

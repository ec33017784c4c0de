/** `POST /api/news`: articles of other producers into `news.v1`, all of a request or none. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { News } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { postedNews, type PostedArticle } from '../../streams/sources/posted-article.ts'
import {
  BODY_LENGTH_MAX,
  NAME_LENGTH_MAX,
  TITLE_LENGTH_MAX,
} from '../../streams/sources/polled/live-article.ts'
import { URL_LENGTH_MAX } from '../../streams/sources/canonical-url.ts'
import type { AppDependencies } from './dependencies.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

const ARTICLES_MAX = 100
const INSTRUMENTS_MAX = 32
/** One record batch, which the broker refuses above 1 MiB. */
const REQUEST_BYTES_MAX = 768 * 1024

const { integer, text } = fields
const time = (description: string) => ({ type: ['string', 'integer'], maxLength: 64, description })
const optional = (maxLength: number, description: string) => ({
  type: ['string', 'null'],
  maxLength,
  description,
})

const articleSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['title'],
  properties: {
    title: {
      type: 'string',
      minLength: 1,
      maxLength: TITLE_LENGTH_MAX,
      description: 'Headline, plain text.',
    },
    body: optional(BODY_LENGTH_MAX, 'Text, plain.'),
    source: {
      type: 'string',
      maxLength: NAME_LENGTH_MAX,
      default: 'http',
      description: 'Publisher or feed.',
    },
    url: optional(URL_LENGTH_MAX, 'Address, http or https. The same address is the same article.'),
    author: optional(NAME_LENGTH_MAX, 'Author.'),
    language: optional(35, 'BCP 47 tag.'),
    publishedAt: time('Publication, ISO 8601 or Unix ms, 1990 to 2099. Default: arrival.'),
    availableAt: time(
      'From when on it may be used, for history; never in the future. Default: arrival.',
    ),
    instruments: {
      type: 'array',
      maxItems: INSTRUMENTS_MAX,
      items: instrumentSchema,
      description: 'What it is about. Default: the INSTRUMENT setting.',
    },
  },
} as const

const schema = {
  tags: ['news'],
  summary: 'Publish one article, or an array of up to 100, into news.v1',
  description:
    'All of a request is published or nothing. Sending it again is safe: an article keeps its id, and repeats are not scored again. ' +
    'A refusal names the article by its place in the array (from 0; a single article is number 0) and the field.',
  body: { type: 'array', minItems: 1, maxItems: ARTICLES_MAX, items: articleSchema },
  response: {
    201: {
      type: 'object',
      properties: {
        articles: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              articleId: text('Id, deterministic.'),
              availableAtMs: integer('From when on it is used, ms UTC.'),
              instruments: { type: 'array', items: { type: 'string' } },
            },
          },
        },
      },
    },
    ...failures(400, 403, 413, 503),
  },
} as const

export function newsIntakeRoute(app: FastifyInstance, { intake }: AppDependencies): void {
  app.post<{ Body: PostedArticle[] }>(
    '/api/news',
    {
      bodyLimit: REQUEST_BYTES_MAX,
      onRequest: mayWrite(intake),
      preValidation: oneAsArray,
      schema,
    },
    async ({ body }, reply) => {
      const { defaultInstrument } = intake
      const nowMs = Date.now()
      const articles = body.map((posted, index) => {
        const read = postedNews(posted, { nowMs, defaultInstrument })
        if ('cause' in read)
          throw new CandlewireError('REQUEST_INVALID', `body/${index}/${read.field} ${read.cause}`)
        return read
      })
      await intake.publish(articles)
      void reply.code(201)
      return { articles: articles.map(acknowledged) }
    },
  )
}

const acknowledged = ({ articleId, availableAtMs, instruments }: News): object => ({
  articleId,
  availableAtMs,
  instruments,
})

function oneAsArray(request: FastifyRequest, _reply: unknown, done: () => void): void {
  if (typeof request.body === 'object' && request.body !== null && !Array.isArray(request.body))
    request.body = [request.body]
  done()
}

/**
 * `POST /api/stream/:tone`: a simulated article into `news.v1`, for trying out what news does. It goes
 * the way of every article: it is scored, joined to the features and shown.
 */
import type { FastifyInstance } from 'fastify'
import type { News } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { tidy } from '../../streams/sources/feeds/plain-text.ts'
import { BODY_LENGTH_MAX, TITLE_LENGTH_MAX } from '../../streams/sources/polled/live-article.ts'
import { timeOf } from '../../streams/sources/posted-article.ts'
import type { Tone } from '../../streams/sources/simulation/headlines.ts'
import {
  simulatedNews,
  TONES,
  variedHeadline,
} from '../../streams/sources/simulation/varied-headline.ts'
import { newsClock } from '../live/news-clock.ts'
import type { AppDependencies } from './dependencies.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

const { integer, text } = fields
/** A few percent of the headlines that there are of a tone, so one that is free is found soon. */
const TITLES_KEPT = 200
const KINDS = [...TONES, 'custom'] as const

interface SimulatorRequest {
  readonly title?: string
  readonly body?: string
  readonly instrument?: string
  readonly availableAt?: string | number
}

const schema = {
  tags: ['news'],
  summary: 'Publish a simulated article of a tone, or of your own words',
  params: {
    type: 'object',
    required: ['kind'],
    properties: {
      kind: {
        type: 'string',
        enum: KINDS,
        description: 'Tone of a headline that is made up from SIMULATION_SEED, or custom.',
      },
    },
  },
  body: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      title: {
        type: 'string',
        minLength: 1,
        maxLength: TITLE_LENGTH_MAX,
        description: 'Headline; custom only, and needed there.',
      },
      body: { type: 'string', maxLength: BODY_LENGTH_MAX, description: 'Text; custom only.' },
      instrument: { ...instrumentSchema, description: 'Default: the INSTRUMENT setting.' },
      availableAt: {
        type: ['string', 'integer'],
        maxLength: 64,
        description:
          'From when on it counts, ISO 8601 or Unix ms, 1990 to 2099. Default: now, or while a history is played the newest bar. The same time, tone and instrument give the same article.',
      },
    },
  },
  response: {
    201: {
      type: 'object',
      properties: {
        articleId: text('Id, deterministic.'),
        title: text('Headline.'),
        source: text('Made-up publisher.'),
        instrument: text('Instrument.'),
        availableAtMs: integer('From when on it counts, ms UTC.'),
        clock: {
          type: 'string',
          enum: ['now', 'newest bar', 'newest article', 'request'],
          description: 'What that time is.',
        },
      },
    },
    ...failures(400, 403, 503),
  },
} as const

export function simulatorRoute(app: FastifyInstance, { intake, view }: AppDependencies): void {
  const ownHeadline = headlinesOfTheirOwn(intake.simulationSeed)
  app.post<{ Params: { kind: (typeof KINDS)[number] }; Body: SimulatorRequest | null | undefined }>(
    '/api/stream/:kind',
    { onRequest: mayWrite(intake), schema },
    async ({ params: { kind }, body }, reply) => {
      const request = body ?? {}
      const { instrument = intake.defaultInstrument } = request
      const { availableAtMs, clock } = timeOfArticle(request.availableAt, {
        nowMs: Date.now(),
        newestBarMs: view.instrument(instrument)?.closes.newestMs ?? view.newestEventTimeMs,
        newestArticleMs: view.newestArticleMs,
      })
      const place = `${instrument}|${availableAtMs}|`
      const words =
        kind === 'custom'
          ? { ...customWords(request), source: 'simulator', language: null }
          : {
              // A given time is a replay: it gives the same article again.
              ...(clock === 'request'
                ? variedHeadline(kind, { seed: intake.simulationSeed, variation: place })
                : ownHeadline(kind, place)),
              body: null,
              language: 'en',
            }
      refuseWords(kind, request)
      const article: News = simulatedNews({ ...words, instrument, availableAtMs })
      await intake.publish([article])
      const { articleId, title, source } = article
      void reply.code(201)
      return { articleId, title, source, instrument, availableAtMs, clock }
    },
  )
}

/** Headlines none of which repeats one of the last {@link TITLES_KEPT}: few words make few sentences. */
function headlinesOfTheirOwn(seed: number) {
  const titles = new Set<string>()
  let made = 0
  return (tone: Tone, place: string): ReturnType<typeof variedHeadline> => {
    for (;;) {
      made += 1
      const words = variedHeadline(tone, { seed, variation: `${place}${made}` })
      if (titles.has(words.title)) continue
      titles.add(words.title)
      const [oldest] = titles
      if (titles.size > TITLES_KEPT && oldest !== undefined) titles.delete(oldest)
      return words
    }
  }
}

function timeOfArticle(
  given: string | number | undefined,
  known: Parameters<typeof newsClock>[0],
): { availableAtMs: number; clock: string } {
  const availableAtMs = timeOf(given)
  if (Number.isNaN(availableAtMs))
    throw new CandlewireError(
      'REQUEST_INVALID',
      'body/availableAt is no time: ISO 8601, or Unix ms',
    )
  if (availableAtMs !== undefined) return { availableAtMs, clock: 'request' }
  const { timeMs, clock } = newsClock(known)
  return { availableAtMs: timeMs, clock }
}

function customWords({ title = '', body = '' }: SimulatorRequest): {
  title: string
  body: string | null
} {
  const headline = tidy(title).replaceAll('\n', ' ')
  if (headline === '')
    throw new CandlewireError(
      'REQUEST_INVALID',
      'body/title is missing: a custom article needs a headline',
    )
  const text = tidy(body)
  return { title: headline, body: text === '' ? null : text }
}

function refuseWords(kind: string, { title, body }: SimulatorRequest): void {
  if (kind === 'custom' || (title ?? body) === undefined) return
  throw new CandlewireError(
    'REQUEST_INVALID',
    `body/${title === undefined ? 'body' : 'title'} is for custom articles: a ${kind} one is made up`,
  )
}

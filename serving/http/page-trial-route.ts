/** `POST /page/trial`: what a headline would do, without publishing anything. */
import type { FastifyInstance } from 'fastify'
import { BODY_LENGTH_MAX, TITLE_LENGTH_MAX } from '../../streams/sources/polled/live-article.ts'
import type { AppDependencies } from './dependencies.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'

const { integer, number, nullable, text } = fields

const answerSchema = {
  type: 'object',
  properties: {
    sentiment: {
      type: 'object',
      properties: {
        model: text('Sentiment model.'),
        positive: number('0 to 1.'),
        negative: number('0 to 1.'),
        neutral: number('0 to 1.'),
        score: number('positive - negative.'),
      },
    },
    instrument: text('Instrument.'),
    eventTimeMs: nullable('integer', 'Vector it is put in front of, ms UTC; null: there is none.'),
    articlesBefore: integer('Articles of its hour.'),
    isExact: {
      type: 'boolean',
      description: 'Whether the articles that are stored give the features of the vector again.',
    },
    features: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: text('Feature.'),
          before: nullable('number', 'In the newest vector.'),
          after: nullable('number', 'With the article.'),
        },
      },
    },
    prediction: {
      anyOf: [
        {
          type: 'object',
          properties: {
            modelName: text('Model.'),
            modelVersion: text('Version.'),
            role: text('Role.'),
            objective: text('regression or classification.'),
            before: number('Percent return, or probability of up.'),
            after: number('The same with the article.'),
            newsInputs: integer('Inputs that news move.'),
          },
        },
        { type: 'null' },
      ],
    },
    without: nullable('string', 'Why there is no prediction.'),
  },
}

interface TrialBody {
  readonly title: string
  readonly body?: string
  readonly instrument?: string
}

export function pageTrialRoute(app: FastifyInstance, { page, intake }: AppDependencies): void {
  app.post<{ Body: TrialBody }>(
    '/page/trial',
    {
      // It writes nothing, but it works a model for whoever asks.
      onRequest: mayWrite(intake),
      config: { permission: 'predict' },
      schema: {
        hide: true,
        body: {
          type: 'object',
          required: ['title'],
          additionalProperties: false,
          properties: {
            title: { type: 'string', minLength: 1, maxLength: TITLE_LENGTH_MAX },
            body: { type: 'string', maxLength: BODY_LENGTH_MAX },
            instrument: instrumentSchema,
          },
        },
        response: { 200: answerSchema, ...failures(400, 403, 503) },
      },
    },
    ({ body }) =>
      page.trials.try(body.title, body.body ?? '', body.instrument ?? intake.defaultInstrument),
  )
}

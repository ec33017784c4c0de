/** How good the models were on an instrument, and what is wrong with the pipeline. */
import type { FastifyInstance } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import type { AppDependencies } from './dependencies.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'
import { wholeNumbers } from './whole-numbers.ts'

const { integer, nullable, text } = fields
const ALERTS_MAX = 1_000

const qualitySchema = {
  type: 'object',
  properties: {
    modelName: text('Model name.'),
    modelVersion: text('Version.'),
    role: text('champion, challenger or shadow.'),
    objective: text('regression or classification.'),
    horizonMinutes: integer('How far ahead, minutes.'),
    eventTimeMs: integer('End of the window, ms UTC.'),
    windowMinutes: integer('Length of the window, minutes.'),
    outcomes: integer('Realized outcomes in it.'),
    unknowable: integer('Predictions without a knowable outcome since the first.'),
    rmse: nullable('number', 'RMSE, percent return.'),
    zeroRmse: nullable('number', 'RMSE of the zero forecast on the same outcomes.'),
    mae: nullable('number', 'Mean absolute error, percent return.'),
    zeroMae: nullable('number', 'The same of the zero forecast.'),
    bias: nullable('number', 'Mean of predicted less realized, percent return.'),
    r2VsZero: nullable('number', '1 - SSE/SSE of the zero forecast.'),
    directionalAccuracy: nullable('number', 'Share of signs predicted.'),
    upShare: nullable('number', 'What always saying up would have reached.'),
    brier: nullable('number', 'Brier score.'),
    zeroBrier: nullable('number', 'Of always one half.'),
    logLoss: nullable('number', 'Nats.'),
    calibrationError: nullable('number', 'Expected calibration error, ten bins of equal count.'),
    coverage: nullable('number', 'Share of outcomes within their interval.'),
    coverageExpected: nullable('number', 'What the intervals were to cover.'),
    intervalWidth: nullable('number', 'Mean width, percent return.'),
    testError: nullable('number', 'RMSE or Brier score of the test of its training.'),
    estimatedError: nullable('number', 'The same of predictions without outcome, without labels.'),
    estimateMae: nullable('number', 'Mean absolute error of past estimates.'),
    naiveEstimateMae: nullable('number', 'Of taking the newest hour instead.'),
    constantEstimateMae: nullable('number', 'Of taking the test error instead.'),
    estimatesJudged: integer('Estimates behind those three.'),
  },
}

const alertSchema = {
  type: 'object',
  properties: {
    state: text('firing, resolved, or event (which nobody ends).'),
    kind: text('Kind.'),
    subject: text('What it is about.'),
    severity: text('info, warning or critical.'),
    message: text('One sentence.'),
    eventTimeMs: integer('Event time, ms UTC.'),
    sinceMs: integer('When it began, ms UTC.'),
    fingerprint: text('What makes two alerts the same one.'),
    runbook: text('Page that says what to do.'),
    value: nullable('number', 'What was measured.'),
    threshold: nullable('number', 'What it was compared with.'),
    expectedFalseAlarms: nullable('number', 'Alerts a day without a cause.'),
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    deliveries: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          channel: text('email, slack, webhook; empty if kept back for all.'),
          outcome: text('delivered, failed, or why it was kept back.'),
          attempts: integer('Attempts.'),
          sentAtMs: integer('When, ms UTC.'),
        },
      },
    },
  },
}

export function monitorRoutes(app: FastifyInstance, { monitor }: AppDependencies): void {
  app.get<{ Params: { instrument: string } }>(
    '/monitor/:instrument/quality',
    {
      schema: {
        tags: ['monitoring'],
        summary:
          'Rolling quality of every model version, beside the zero forecast and its own test',
        params: {
          type: 'object',
          required: ['instrument'],
          properties: { instrument: instrumentSchema },
        },
        response: {
          200: { type: 'object', properties: { quality: { type: 'array', items: qualitySchema } } },
          ...failures(400, 404),
        },
      },
    },
    ({ params }) => {
      const quality = monitor.quality.of(params.instrument)
      if (quality.length === 0)
        throw new CandlewireError(
          'NOT_FOUND',
          `No prediction of ${params.instrument} has been judged yet`,
        )
      return { quality }
    },
  )

  app.get<{ Querystring: { state?: string; limit: number } }>(
    '/alerts',
    {
      preValidation: wholeNumbers('limit'),
      schema: {
        tags: ['monitoring'],
        summary: 'Alerts as they are now, firing ones first, and whether people were told',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            state: { type: 'string', enum: ['firing', 'resolved', 'event'] },
            limit: { type: 'integer', minimum: 1, maximum: ALERTS_MAX, default: 100 },
          },
        },
        response: {
          200: {
            type: 'object',
            properties: {
              firing: integer('Alerts that fire.'),
              alerts: { type: 'array', items: alertSchema },
            },
          },
          ...failures(400),
        },
      },
    },
    ({ query: { state, limit } }) => {
      const all = monitor.alerts.list()
      const wanted = all.filter((alert) => state === undefined || alert.state === state)
      return {
        firing: all.filter((alert) => alert.state === 'firing').length,
        alerts: wanted.slice(0, limit),
      }
    },
  )
}

/** `GET /monitor/{instrument}`: where one instrument stands, from its last candle to the drift verdict. */
import type { FastifyInstance } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import type { StoredVerdict } from '../drift-archive.ts'
import { describePrediction } from '../live/shown-prediction.ts'
import type { AppDependencies, StoredVector } from './dependencies.ts'
import { failures, fields, instrumentSchema, shownPredictionSchema } from './schemas.ts'

type StateDependencies = Pick<
  AppDependencies,
  'store' | 'view' | 'models' | 'monitor' | 'drift' | 'vectorTtlSeconds'
>

const { integer, nullable, number, text } = fields

/** Newest predictions of a model whose outcomes are counted. */
const OUTCOMES_OF = 1_000
/** The shortest window is the one that shows the present. */
const NOW_WINDOW_MINUTES = 60

const answerSchema = {
  type: 'object',
  properties: {
    instrument: text('Instrument name.'),
    health: {
      type: 'string',
      enum: ['ok', 'attention'],
      description: 'attention: see reasons.',
    },
    reasons: { type: 'array', items: { type: 'string' } },
    bar: {
      type: ['object', 'null'],
      description: 'Newest bar that the server has seen; null: none since it started.',
      properties: {
        closeTimeMs: integer('Its close, ms UTC.'),
        close: nullable('number', 'Price.'),
        ageSeconds: number('From then to now, seconds.'),
      },
    },
    vector: {
      type: ['object', 'null'],
      description: 'Newest vector in the online store; null: none, or expired.',
      properties: {
        eventTimeMs: integer('Close of its bar, ms UTC.'),
        offset: integer('Offset in features.v1.'),
        featureSet: text('Feature set.'),
        isFilled: { type: 'boolean', description: 'Whether its bar fills a gap.' },
        ageSeconds: number('From that close to now, seconds.'),
        stale: { type: 'boolean', description: 'Whether it is older than the store keeps one.' },
      },
    },
    models: {
      type: 'array',
      description: 'Every model that has a role here.',
      items: {
        type: 'object',
        properties: {
          modelName: text('Model name.'),
          prediction: {
            anyOf: [shownPredictionSchema, { type: 'null' }],
            description: 'Newest one that the routing answered with.',
          },
          behindBars: nullable('integer', 'Minutes of bars that it is behind the newest bar.'),
          outcomes: {
            type: 'object',
            description: `Of its newest ${OUTCOMES_OF} answers.`,
            properties: {
              waiting: integer('Target time not come.'),
              realized: integer('Known.'),
              absent: integer('No bar at the target time.'),
              unknown: integer('Forgotten before they were known.'),
            },
          },
          quality: {
            type: ['object', 'null'],
            description: `Of the last ${NOW_WINDOW_MINUTES} minutes, beside the zero forecast.`,
            properties: {
              modelVersion: text('Version.'),
              outcomes: integer('Outcomes in the window.'),
              rmse: nullable('number', 'RMSE, percent return.'),
              zeroRmse: nullable('number', 'RMSE of the zero forecast.'),
              directionalAccuracy: nullable('number', 'Share of signs predicted.'),
            },
          },
        },
      },
    },
    drift: {
      type: ['object', 'null'],
      description: 'Newest verdict; null: none, or not to be had.',
      properties: {
        eventTimeMs: integer('Of the newest vector judged, ms UTC.'),
        health: text('How the window stands to the reference.'),
        driftDetected: { type: 'boolean' },
        driftShare: number('Share of features that drifted.'),
        worstFeature: text('Feature that moved most.'),
      },
    },
    alerts: { type: 'array', items: { type: 'string' }, description: 'Alerts that fire about it.' },
    unavailable: {
      type: 'array',
      items: { type: 'string' },
      description: 'Parts that could not be asked.',
    },
  },
}

export function monitorStateRoute(app: FastifyInstance, deps: StateDependencies): void {
  app.get<{ Params: { instrument: string } }>(
    '/monitor/:instrument',
    {
      schema: {
        tags: ['monitoring'],
        summary: 'Where one instrument stands: bar, vector, predictions, outcomes, quality, drift',
        params: {
          type: 'object',
          required: ['instrument'],
          properties: { instrument: instrumentSchema },
        },
        response: { 200: answerSchema, ...failures(400, 404) },
      },
    },
    async ({ params: { instrument } }) => {
      const unavailable: string[] = []
      const orNone = <T>(name: string, asked: Promise<T>): Promise<T | undefined> =>
        asked.catch((thrown: unknown) => {
          if (!(thrown instanceof CandlewireError)) throw thrown
          unavailable.push(name)
          return undefined
        })
      const [stored, verdict] = await Promise.all([
        orNone('vector', deps.store.newestVector(instrument)),
        orNone('drift', deps.drift.archive.latest(instrument)),
      ])
      const state = stateOf(deps, instrument, stored, verdict)
      const isKnown =
        state.bar !== null ||
        stored !== undefined ||
        verdict !== undefined ||
        unavailable.length > 0
      if (!isKnown) throw new CandlewireError('NOT_FOUND', `Nothing is known of ${instrument}`)
      const reasons = reasonsOf(state, unavailable)
      const health = reasons.length === 0 ? 'ok' : 'attention'
      return { instrument, health, reasons, ...state, unavailable }
    },
  )
}

function stateOf(
  deps: StateDependencies,
  instrument: string,
  stored: StoredVector | undefined,
  verdict: StoredVerdict | undefined,
) {
  const nowMs = Date.now()
  const closes = deps.view.instrument(instrument)?.closes
  const closeTimeMs = closes?.newestMs
  const vectorAge = stored === undefined ? 0 : (nowMs - stored.eventTimeMs) / 1_000
  return {
    bar:
      closeTimeMs === undefined
        ? null
        : {
            closeTimeMs,
            close: closes?.at(closeTimeMs) ?? null,
            ageSeconds: (nowMs - closeTimeMs) / 1_000,
          },
    vector:
      stored === undefined
        ? null
        : {
            eventTimeMs: stored.eventTimeMs,
            offset: stored.offset,
            featureSet: stored.vector.featureSet,
            isFilled: stored.vector.values.is_backfilled === 1,
            ageSeconds: vectorAge,
            stale: vectorAge > deps.vectorTtlSeconds,
          },
    models: [...deps.models.fleet.table]
      .filter(([, routes]) =>
        routes.some(({ loaded }) => loaded.version.instruments.includes(instrument)),
      )
      .map(([modelName]) => modelState(deps, instrument, modelName, closeTimeMs)),
    drift: verdict ?? null,
    alerts: deps.monitor.alerts
      .list()
      .filter(({ state, subject }) => state === 'firing' && subject === instrument)
      .map(({ kind, message }) => `${kind}: ${message}`),
  }
}

function modelState(
  { view, monitor }: StateDependencies,
  instrument: string,
  modelName: string,
  closeTimeMs: number | undefined,
) {
  const answers = view.instrument(instrument)?.newestAnswers(OUTCOMES_OF, modelName) ?? []
  const [newest] = answers
  const outcomes = { waiting: 0, realized: 0, absent: 0, unknown: 0 }
  for (const { status } of answers) outcomes[status] += 1
  const quality = monitor.quality
    .of(instrument)
    .find(
      (each) =>
        each.modelName === modelName &&
        each.windowMinutes === NOW_WINDOW_MINUTES &&
        (newest === undefined || each.modelVersion === newest.prediction.modelVersion),
    )
  return {
    modelName,
    prediction: newest === undefined ? null : describePrediction(newest),
    behindBars:
      newest === undefined || closeTimeMs === undefined
        ? null
        : Math.max(0, Math.round((closeTimeMs - newest.prediction.eventTimeMs) / 60_000)),
    outcomes,
    quality: quality ?? null,
  }
}

/** A prediction that is a bar behind is being made. */
const BEHIND_BARS_MAX = 2

function reasonsOf(
  { vector, models, drift, alerts }: ReturnType<typeof stateOf>,
  unavailable: readonly string[],
): string[] {
  const behind = models.filter(({ behindBars }) => (behindBars ?? 0) > BEHIND_BARS_MAX)
  return [
    ...(vector?.stale === true ? ['The newest vector is stale'] : []),
    ...behind.map(
      ({ modelName, behindBars }) => `${modelName} is ${behindBars} bars behind the newest one`,
    ),
    ...(drift?.driftDetected === true ? [`Drift: ${drift.worstFeature} moved most`] : []),
    ...alerts,
    ...unavailable.map((part) => `The ${part} could not be asked for`),
  ]
}

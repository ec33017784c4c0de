/** Verdicts of drift: the newest, their history, and an alert of the newest on demand. */
import type { FastifyInstance } from 'fastify'
import { raised } from '../../processors/alerts/alert.ts'
import { versionKey } from '../../processors/models/model-registry.ts'
import type { Alert } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { StoredReport, StoredVerdict } from '../drift-archive.ts'
import type { AppDependencies } from './dependencies.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields, instrumentSchema } from './schemas.ts'
import { wholeNumbers } from './whole-numbers.ts'

const { integer, number, nullable, text } = fields
const boolean = (description: string) => ({ type: 'boolean', description })
const list = (properties: object) => ({ type: 'array', items: { type: 'object', properties } })
const span = (properties: object) => ({ type: 'object', properties })

const featureProperties = {
  feature: text('Input column of the model.'),
  ks: nullable('number', 'Kolmogorov-Smirnov distance, 0 to 1.'),
  ksThreshold: number('Above it the feature has drifted.'),
  psi: nullable('number', 'Population stability index.'),
  wasserstein: nullable('number', 'Wasserstein-1 distance, in units of the feature.'),
  missing: number('Missing share of the window.'),
  outOfRange: nullable('number', 'Share outside the range of the reference.'),
  meanShift: nullable('number', '30 days against 150, standard deviations.'),
  volatilityRatio: nullable('number', '30 days over 150.'),
}

const verdictProperties = {
  instrument: text('Instrument.'),
  event_time_ms: integer('Newest vector of the window, ms UTC.'),
  drift_detected: boolean('Whether there is drift by the rule of the mode.'),
  drift_share: number('Share of drifted features, 0 to 1.'),
  health: {
    type: 'string',
    enum: ['healthy', 'degraded', 'critical', 'warming', 'no_reference'],
    description: 'warming: the window is not full; no_reference: no live model carries a profile.',
  },
  mode: text('calibrated, thresholds or none.'),
  expected_false_alarms: nullable(
    'number',
    'False alarms a day, over all features, that the calibration promises at most; null without one.',
  ),
  alarms: integer('Alarms raised for the instrument so far.'),
}

const checkSchema = {
  type: 'object',
  properties: {
    ...verdictProperties,
    drifted_features: { type: 'array', items: { type: 'string' } },
    reported_at_ms: nullable('integer', 'Time of the report that names the features, ms UTC.'),
    window: span({
      vectors: integer('Vectors in it.'),
      size: integer('Vectors of a full window.'),
      from_ms: integer('Oldest, ms UTC.'),
      to_ms: integer('Newest, ms UTC.'),
    }),
    reference: span({
      model_name: text('Model.'),
      model_version: text('Version.'),
      profile_sha256: text('Digest of its profile.'),
    }),
    worst: span({
      feature: text('Feature, (all) for the mean distance.'),
      measure: text('Measure.'),
      value: nullable('number', 'Its value.'),
      threshold: nullable('number', 'Its threshold.'),
    }),
    extrapolated: boolean('Whether the promise is rarer than the training period can show.'),
    top_movers: list({
      ...featureProperties,
      weight: nullable('number', 'Share of the importance in the model; null: not known.'),
      edges: { type: 'array', items: { type: 'number' }, description: 'Ends of the bins.' },
      reference: { type: 'array', items: { type: 'number' }, description: 'Shares by bin.' },
      current: { type: 'array', items: { type: 'number' }, description: 'Shares by bin.' },
    }),
  },
}

const historySchema = {
  type: 'object',
  properties: {
    instrument: text('Instrument.'),
    verdicts: list({
      ...verdictProperties,
      drifted_features: integer('Features above a threshold.'),
      model_version: text('Version of the reference.'),
      mean_ks: nullable('number', 'Mean KS distance of all features.'),
    }),
    next_before_ms: nullable('integer', '`before_ms` of the next page; null: there is none.'),
  },
}

export function driftRoutes(app: FastifyInstance, deps: AppDependencies): void {
  const { archive, defaultInstrument, publishAlert } = deps.drift
  const found = async (instrument: string): Promise<StoredVerdict> => {
    const verdict = await archive.latest(instrument)
    if (verdict !== undefined) return verdict
    throw new CandlewireError(
      'NOT_FOUND',
      `No verdict of drift on ${instrument} is stored; \`candlewire run drift\` makes them`,
    )
  }
  const query = { type: 'object', properties: { instrument: instrumentSchema } }

  app.get<{ Querystring: { instrument?: string } }>(
    '/monitoring/drift/check',
    {
      schema: {
        tags: ['drift'],
        summary: 'Whether the inputs of the live model have drifted, and which most',
        querystring: query,
        response: { 200: checkSchema, ...failures(400, 404, 503) },
      },
    },
    async ({ query: { instrument = defaultInstrument } }) => {
      const verdict = await found(instrument)
      const report = await archive.report(instrument, verdict.eventTimeMs)
      return checked(verdict, report, weightsOf(deps, verdict))
    },
  )

  app.get<{
    Params: { instrument: string }
    Querystring: { limit: number; before_ms?: number; every_minutes: number }
  }>(
    '/monitor/:instrument/drift',
    {
      preValidation: wholeNumbers('limit', 'before_ms', 'every_minutes'),
      schema: {
        tags: ['drift'],
        summary: 'Verdicts of drift, newest first, page by page',
        params: {
          type: 'object',
          required: ['instrument'],
          properties: { instrument: instrumentSchema },
        },
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
            before_ms: {
              type: 'integer',
              minimum: 0,
              maximum: LATER_THAN_ANY_MS,
              description: 'Earlier than this, ms UTC.',
            },
            every_minutes: {
              type: 'integer',
              minimum: 1,
              maximum: 1_440,
              default: 1,
              description: 'One verdict in so many minutes.',
            },
          },
        },
        response: { 200: historySchema, ...failures(400, 503) },
      },
    },
    async ({
      params: { instrument },
      query: { limit, before_ms: before, every_minutes: every },
    }) => {
      const verdicts = await archive.history({
        instrument,
        limit,
        beforeMs: before ?? LATER_THAN_ANY_MS,
        everyMinutes: every,
      })
      const oldest = verdicts.at(-1)?.eventTimeMs
      return {
        instrument,
        verdicts: verdicts.map((verdict) => ({
          ...named(verdict),
          drifted_features: verdict.driftedFeatures,
          model_version: verdict.modelVersion,
          mean_ks: verdict.meanKs,
        })),
        next_before_ms: verdicts.length === limit ? (oldest ?? null) : null,
      }
    },
  )

  app.post<{ Querystring: { instrument?: string } }>(
    '/monitoring/drift/alert',
    {
      onRequest: mayWrite(deps.intake),
      schema: {
        tags: ['drift'],
        summary: 'Raise an alert of the newest verdict, where it is drift',
        querystring: query,
        response: {
          200: span({ raised: boolean('False: there is no drift.'), message: text('Why.') }),
          ...failures(400, 403, 404, 503),
        },
      },
    },
    async ({ query: { instrument = defaultInstrument } }) => {
      const verdict = await found(instrument)
      if (!verdict.driftDetected)
        return { raised: false, message: `${instrument} is ${verdict.health}: nothing to alert of` }
      const alert = alertOf(verdict)
      if (!(await publishAlert(alert)))
        throw new CandlewireError('BROKER_FAILED', 'The alert could not be published')
      return { raised: true, message: alert.message }
    },
  )
}

const LATER_THAN_ANY_MS = 4_102_444_800_000

const named = (verdict: StoredVerdict) => ({
  instrument: verdict.instrument,
  event_time_ms: verdict.eventTimeMs,
  drift_detected: verdict.driftDetected,
  drift_share: verdict.driftShare,
  health: verdict.health,
  mode: verdict.mode,
  expected_false_alarms: verdict.expectedFalseAlarmsPerDay,
  alarms: verdict.alarms,
})

function checked(
  verdict: StoredVerdict,
  report: StoredReport | undefined,
  weights: ReadonlyMap<string, number>,
): object {
  const features = report?.features ?? []
  const byName = new Map(features.map((each) => [each.feature, each]))
  return {
    ...named(verdict),
    drifted_features: features.filter((each) => each.drifted).map((each) => each.feature),
    reported_at_ms: report?.eventTimeMs ?? null,
    window: {
      vectors: verdict.windowVectors,
      size: verdict.windowSize,
      from_ms: verdict.windowFromMs,
      to_ms: verdict.eventTimeMs,
    },
    reference: {
      model_name: verdict.modelName,
      model_version: verdict.modelVersion,
      profile_sha256: verdict.profileSha256,
    },
    worst: {
      feature: verdict.worstFeature,
      measure: verdict.worstMeasure,
      value: verdict.worstValue,
      threshold: verdict.worstThreshold,
    },
    extrapolated: verdict.isExtrapolated,
    top_movers: (report?.movers ?? []).map((mover) => ({
      ...byName.get(mover.feature),
      ...mover,
      weight: weights.get(mover.feature) ?? null,
    })),
  }
}

/** Importance of each input in the model of the verdict, as a share; empty where it is not known. */
function weightsOf(
  { models }: AppDependencies,
  { modelName, modelVersion }: StoredVerdict,
): ReadonlyMap<string, number> {
  const version = models.registry.versions.get(versionKey(modelName, modelVersion))
  return new Map((version?.importance ?? []).map(({ column, share }) => [column, share]))
}

/** Like that of the drift processor: the same one, raised again. */
const alertOf = (verdict: StoredVerdict): Alert =>
  raised({
    kind: 'drift',
    subject: verdict.instrument,
    identity: { modelName: verdict.modelName, modelVersion: verdict.modelVersion },
    eventTimeMs: verdict.eventTimeMs,
    severity: verdict.health === 'critical' ? 'critical' : 'warning',
    message: `${(100 * verdict.driftShare).toFixed(1)} % of ${verdict.features} features of ${verdict.instrument} have left the training distribution of ${verdict.modelName} ${verdict.modelVersion}.`,
    value: verdict.driftShare,
    ...(verdict.expectedFalseAlarmsPerDay === null
      ? {}
      : { expectedFalseAlarms: verdict.expectedFalseAlarmsPerDay }),
  })

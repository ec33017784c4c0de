/**
 * A prediction as of a past time: the vector that was known then, scored by the version that was live
 * then. Where that version is gone the answer is that it is gone: never another version instead.
 */
import { versionKey } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { LoadedModel } from '../models/loaded-model.ts'
import type { LiveThen } from '../past/live-version.ts'
import type { StoredVector } from '../stored-vector.ts'
import { givenTimeMs } from './given-time.ts'
import type { PredictBody, PredictorDependencies, StoredScorer } from './predict-request.ts'
import { fields } from './schemas.ts'

/** Clocks differ a little. */
const AHEAD_MAX_MS = 60_000

const { integer, nullable, number } = fields

/** @throws CandlewireError as `Predictor.predict` */
export async function predictPast(
  scorer: StoredScorer,
  deps: PredictorDependencies,
  body: PredictBody,
): Promise<object> {
  const { instrument = '', overrides, key = instrument, model_version } = body
  const atMs = pastTimeMs(body)
  const modelName = body.model_name ?? deps.models.defaultModel
  const stored = await deps.past.vectors.asOf(instrument, atMs)
  if (stored === undefined)
    throw new CandlewireError('NOT_FOUND', `No vector of ${instrument} was known at ${iso(atMs)}`)
  const then = await deps.past.versions.liveAt({
    instrument,
    modelName,
    key,
    openTimeMs: stored.vector.openTimeMs,
    timeMs: atMs,
  })
  const chosen = model_version ?? then?.version
  if (chosen === undefined)
    throw new CandlewireError(
      'NOT_FOUND',
      `No version of ${modelName} was live at ${iso(atMs)}; name one by model_version to ask it all the same`,
    )
  const role = chosen === then?.version ? then.role : 'none'
  const answer = await withVersion(deps, versionThen(deps, modelName, chosen, then), (loaded) =>
    scorer.scoreStored({ loaded, role, warning: warningOf(role, chosen, then) }, stored, {
      source: 'clickhouse',
      atMs,
      overrides,
    }),
  )
  return { ...answer, asOf: asOf(atMs, chosen, then, stored) }
}

function pastTimeMs({ timestamp = NaN }: PredictBody): number {
  const atMs = givenTimeMs(timestamp, 'body/timestamp')
  if (atMs <= Date.now() + AHEAD_MAX_MS) return atMs
  throw new CandlewireError('REQUEST_INVALID', `body/timestamp ${iso(atMs)} lies in the future`)
}

/** The record of a version, of the very file that answered then. */
function versionThen(
  { models }: PredictorDependencies,
  modelName: string,
  chosen: string,
  then: LiveThen | undefined,
): ModelVersion {
  const version = models.registry.versions.get(versionKey(modelName, chosen))
  const isLiveThen = chosen === then?.version
  if (version === undefined)
    throw new CandlewireError(
      isLiveThen ? 'MODEL_GONE' : 'NOT_FOUND',
      isLiveThen
        ? `${modelName}/${chosen} was live then; the registry does not have it any more`
        : `The registry has no ${modelName}/${chosen}`,
    )
  const sha256 = isLiveThen ? then.published?.modelSha256 : undefined
  if (sha256 === undefined || sha256 === version.artifactSha256) return version
  throw new CandlewireError(
    'MODEL_GONE',
    `${modelName}/${chosen} was another file then, sha256 ${sha256}; now it is ${version.artifactSha256}`,
  )
}

function withVersion(
  { models, past }: PredictorDependencies,
  version: ModelVersion,
  work: (loaded: LoadedModel) => Promise<object>,
): Promise<object> {
  const loaded = models.fleet.find(version)
  return loaded === undefined ? past.models.use(version, work) : loaded.use(() => work(loaded))
}

function warningOf(role: string, chosen: string, then: LiveThen | undefined): string | null {
  if (role === 'none')
    return `${chosen} was chosen by hand; ${then === undefined ? 'no version was live then' : `${then.version} was live then`}.`
  return role === 'shadow' ? 'There was no champion then: a shadow was scored to be watched.' : null
}

function asOf(
  atMs: number,
  chosen: string,
  then: LiveThen | undefined,
  { eventTimeMs }: StoredVector,
): object {
  const published = then?.published
  return {
    timeMs: atMs,
    vectorTimeMs: eventTimeMs,
    liveVersion: then?.version ?? null,
    liveRole: then?.role ?? null,
    knownFrom: then?.knownFrom ?? null,
    published:
      published === undefined || chosen !== published.modelVersion
        ? null
        : {
            predictedReturn: published.predictedReturn,
            probability: published.probability,
            abstainReason: published.abstainReason,
          },
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

export const asOfSchema = {
  type: 'object',
  description: 'Of a past time: what was known and live then.',
  properties: {
    timeMs: integer('The time asked for, ms UTC.'),
    vectorTimeMs: integer('Close of the bar of the newest vector known then, ms UTC.'),
    liveVersion: nullable('string', 'Version that was live then.'),
    liveRole: nullable('string', 'Its role then.'),
    knownFrom: nullable(
      'string',
      'prediction: it answered about this vector; audit history: its alias stood then, by event time.',
    ),
    published: {
      type: ['object', 'null'],
      description: 'What the same version published about this vector; null: nothing.',
      properties: {
        predictedReturn: number('Predicted forward return, percent.'),
        probability: nullable('number', 'Probability that the return is above 0.'),
        abstainReason: nullable('string', 'Why nobody should have acted on it.'),
      },
    },
  },
} as const

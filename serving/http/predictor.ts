/** Answers `/predict`: chooses the model, fetches the vector, scores it and says what it is worth. */
import { carries } from '../../processors/features/feature-sets.ts'
import type { VectorLike } from '../../processors/models/input-columns.ts'
import type { FeatureValues } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { answeringModel, type Answering } from '../models/answering-model.ts'
import { inputRowOf } from '../models/input-row.ts'
import { qualify } from '../models/qualify.ts'
import type { StoredVector } from '../stored-vector.ts'
import { predictPast } from './past-prediction.ts'
import { degradedBy } from './degraded-by.ts'
import type { PredictBody, PredictorDependencies, Reading, Scoring } from './predict-request.ts'
import { whatIf, withOverrides } from './what-if.ts'

const MINUTE_MS = 60_000
/** What is not known of given features. */
const UNPLACED = {
  source: 'request',
  instrument: null,
  eventTimeMs: null,
  targetTimeMs: null,
  referenceClose: null,
  featureOffset: null,
  featureAgeSeconds: null,
  featureTtlSeconds: null,
  stale: null,
  inSample: null,
  degraded: [],
}

/** Of a stored vector. */
interface Placed {
  readonly instrument: string
  /** Whose output may be there; unset where it has to be computed. */
  readonly stored: StoredVector | undefined
  readonly eventTimeMs: number
  /** By the clock. */
  readonly featureAgeMs: number
}

export class Predictor {
  private readonly deps: PredictorDependencies

  constructor(deps: PredictorDependencies) {
    this.deps = deps
  }

  /**
   * @throws CandlewireError NO_MODEL, NOT_FOUND, FEATURES_INCOMPATIBLE, REQUEST_INVALID, STORE_FAILED,
   *   MODEL_FAILED, OVERLOADED; of a past time also MODEL_GONE
   */
  async predict(body: PredictBody): Promise<object> {
    const { features, instrument = '', recentReturns = [], overrides } = body
    if (features === undefined) {
      if (body.timestamp !== undefined)
        return { ...(await predictPast(this, this.deps, body)), degraded: [] }
      const stored = await this.storedVector(instrument)
      const source = stored.source ?? 'redis'
      const degraded = degradedBy(stored, this.deps.dependencies)
      return this.withModel(body, async (answering) => ({
        ...(await this.scoreStored(answering, stored, { source, atMs: Date.now(), overrides })),
        degraded,
      }))
    }
    const vector = { values: features as FeatureValues, recentReturns }
    return this.withModel(body, async (answering) => ({
      ...(await this.scoreOne(answering, vector, undefined)),
      ...UNPLACED,
    }))
  }

  /** The model is chosen and held in one turn, after everything that had to be waited for. */
  private withModel(
    { instrument, key, model_name, model_version }: PredictBody,
    work: (answering: Answering) => Promise<object>,
  ): Promise<object> {
    const { fleet, defaultModel } = this.deps.models
    const answering = answeringModel(fleet, {
      modelName: model_name ?? defaultModel,
      modelVersion: model_version,
      key: key ?? instrument ?? '',
    })
    return answering.loaded.use(() => work(answering))
  }

  private async storedVector(instrument: string): Promise<StoredVector> {
    const { store, metrics } = this.deps
    const stored = await store.newestVector(instrument)
    const cache = stored === undefined ? metrics.cacheMisses : metrics.cacheHits
    cache.inc()
    if (stored !== undefined) return stored
    throw new CandlewireError(
      'NOT_FOUND',
      `There is no vector of ${instrument} in the online store: unknown, or expired after ${this.deps.vectorTtlSeconds} s`,
    )
  }

  /** @throws CandlewireError FEATURES_INCOMPATIBLE, NO_MODEL, REQUEST_INVALID, MODEL_FAILED */
  async scoreStored(
    answering: Scoring,
    stored: StoredVector,
    { source, atMs, overrides }: Reading,
  ): Promise<object> {
    const { vector, offset, eventTimeMs } = stored
    const { version } = answering.loaded
    const { vectorTtlSeconds } = this.deps
    if (!carries(vector, version)) {
      throw new CandlewireError(
        'FEATURES_INCOMPATIBLE',
        `The vector of ${vector.instrument} is of ${vector.featureSet} ${vector.featureSetFingerprint}, the model ${version.version} was trained on ${version.featureSet} ${version.featureSetFingerprint}`,
      )
    }
    if (!version.instruments.includes(vector.instrument)) {
      throw new CandlewireError(
        'NO_MODEL',
        `${version.modelName}/${version.version} was not trained on ${vector.instrument} but on ${version.instruments.join(', ')}`,
      )
    }
    const featureAgeMs = atMs - eventTimeMs
    const { instrument } = vector
    const isNewest = overrides === undefined && source === 'redis'
    const scored = await this.scoreOne(
      answering,
      overrides === undefined ? vector : withOverrides(vector, overrides),
      { instrument, stored: isNewest ? stored : undefined, eventTimeMs, featureAgeMs },
    )
    const featureAgeSeconds = featureAgeMs / 1_000
    return {
      ...scored,
      ...(overrides === undefined ? undefined : whatIf(vector, overrides, version)),
      source,
      instrument: vector.instrument,
      eventTimeMs,
      targetTimeMs: eventTimeMs + version.horizonMinutes * MINUTE_MS,
      referenceClose: vector.close,
      featureOffset: offset,
      featureAgeSeconds,
      featureTtlSeconds: vectorTtlSeconds,
      stale: featureAgeSeconds > vectorTtlSeconds,
      inSample: eventTimeMs <= version.trainedUntilMs,
    }
  }

  private async scoreOne(
    { loaded, role, warning }: Scoring,
    vector: VectorLike,
    placed: Placed | undefined,
  ): Promise<object> {
    const { errors, quality, vectorTtlSeconds } = this.deps
    const { modelName, version: modelVersion, algorithm, horizonMinutes } = loaded.version
    const { objective, inputColumns } = loaded.version
    const { values, missing: featuresMissing, novelty } = inputRowOf(loaded.model, vector)
    const score = async (): Promise<number> => (await loaded.score(values.slice(), 1))[0] ?? NaN
    const output =
      placed?.stored === undefined
        ? await score()
        : await this.deps.outputs.outputOf(placed.stored, loaded.version, score)
    const qualified = qualify({
      objective,
      output,
      novelty,
      featureAgeMs: placed?.featureAgeMs ?? null,
      errors:
        placed === undefined
          ? undefined
          : errors.knownBy({ modelName, modelVersion, ...placed }, placed.eventTimeMs),
      coverage: quality.coverage,
      // The clock of whoever asks counts here, and how long the store keeps a vector.
      limits: { ...quality.limits, featureAgeMaxMs: vectorTtlSeconds * 1_000 },
    })
    if (!Number.isFinite(qualified.predictedReturn)) {
      throw new CandlewireError(
        'REQUEST_INVALID',
        `The model has no answer to this vector: ${featuresMissing} of its ${inputColumns.length} inputs are missing`,
      )
    }
    const model = { modelName, modelVersion, algorithm, role, warning, horizonMinutes }
    return Object.assign(model, { featuresMissing }, qualified)
  }
}

/** Answers `/predict`: chooses the model, fetches the vector, scores it and says what it is worth. */
import { carries } from '../../processors/features/feature-sets.ts'
import type { VectorLike } from '../../processors/models/input-columns.ts'
import type { FeatureValues } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { answeringModel, type Answering } from '../models/answering-model.ts'
import { readOutput } from '../models/model-output.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import type { AppDependencies, StoredVector } from './dependencies.ts'

export interface PredictBody {
  readonly instrument?: string
  readonly features?: Partial<FeatureValues>
  readonly recentReturns?: readonly (number | null)[]
  readonly model_name?: string
  readonly model_version?: string
  readonly key?: string
}

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
}

export type PredictorDependencies = Pick<
  AppDependencies,
  'models' | 'store' | 'vectorTtlSeconds' | 'metrics'
>

export class Predictor {
  private readonly deps: PredictorDependencies

  constructor(deps: PredictorDependencies) {
    this.deps = deps
  }

  /** @throws CandlewireError NO_MODEL, NOT_FOUND, FEATURES_INCOMPATIBLE, REQUEST_INVALID, STORE_FAILED */
  async predict(body: PredictBody): Promise<object> {
    const { features, instrument = '', recentReturns = [] } = body
    if (features === undefined) {
      const stored = await this.storedVector(instrument)
      return this.withModel(body, (answering) => this.scoreStored(answering, stored))
    }
    const vector = { values: features as FeatureValues, recentReturns }
    return this.withModel(body, async (answering) => ({
      ...(await scoreOne(answering, vector)),
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

  private async scoreStored(
    answering: Answering,
    { vector, offset, eventTimeMs }: StoredVector,
  ): Promise<object> {
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
    const scored = await scoreOne(answering, vector)
    const featureAgeSeconds = (Date.now() - eventTimeMs) / 1_000
    return {
      ...scored,
      source: 'redis',
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
}

async function scoreOne({ loaded, role, warning }: Answering, vector: VectorLike): Promise<object> {
  const { modelName, algorithm, objective, horizonMinutes, inputColumns } = loaded.version
  const matrix = new Float32Array(inputColumns.length)
  const featuresMissing = rowWriterOf(loaded.version)(vector, matrix, 0)
  const [output] = await loaded.model.score(matrix, 1)
  const read = readOutput(objective, output ?? NaN)
  if (!Number.isFinite(read.predictedReturn)) {
    throw new CandlewireError(
      'REQUEST_INVALID',
      `The model has no answer to this vector: ${featuresMissing} of its ${inputColumns.length} inputs are missing`,
    )
  }
  const modelVersion = loaded.version.version
  return {
    modelName,
    modelVersion,
    algorithm,
    role,
    warning,
    objective,
    horizonMinutes,
    featuresMissing,
    ...read,
  }
}

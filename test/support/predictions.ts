/** Predictions for tests of what comes after them. */
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import type { Features, Prediction } from '../../schemas/generated.ts'
import { featuresTopic } from '../../streams/topics.ts'

const MINUTE_MS = 60_000

/** A prediction of a vector that lies at an offset of features.v1, partition 0. */
export function testPrediction(
  vector: Features,
  offset: number,
  overrides: Partial<Prediction> = {},
): Prediction {
  const { instrument, openTimeMs, eventTimeMs, close } = vector
  const modelName = overrides.modelName ?? 'forward_return_30'
  const modelVersion = overrides.modelVersion ?? '1.0.0'
  const horizonMinutes = overrides.horizonMinutes ?? 30
  return {
    predictionId: `${instrument}@${openTimeMs}@${modelName}/${modelVersion}`,
    instrument,
    openTimeMs,
    eventTimeMs,
    modelName,
    modelVersion,
    modelSha256: 'ab',
    role: 'champion',
    featureSetFingerprint: vector.featureSetFingerprint,
    horizonMinutes,
    targetTimeMs: eventTimeMs + horizonMinutes * MINUTE_MS,
    predictedReturn: 0.01,
    referenceClose: close,
    featuresMissing: 0,
    lineage: [{ topic: featuresTopic.name, partition: 0, fromOffset: offset, toOffset: offset }],
    ...UNQUALIFIED,
    ...overrides,
  }
}

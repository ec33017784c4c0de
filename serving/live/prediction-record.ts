/** From what a model put out to the record of predictions.v1. */
import { testErrorOf } from '../../processors/models/test-error.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features, Lineage, ModelVersion, Prediction } from '../../schemas/generated.ts'
import type { Role } from '../models/route-table.ts'
import type { Qualified } from '../models/qualify.ts'

const MINUTE_MS = 60_000

export interface ScoredVector {
  readonly version: ModelVersion
  readonly role: Role
  /** Whether the routing answers requests about this instrument with this version. */
  readonly isAnswer: boolean
  readonly record: Incoming<Features>
  readonly featuresMissing: number
  readonly qualified: Qualified
  /** Outcomes the interval was made from. */
  readonly outcomes: Lineage | undefined
}

export function predictionOf(scored: ScoredVector): Prediction {
  const { version: model, role, isAnswer, record, featuresMissing, qualified, outcomes } = scored
  const { value: vector, topic, partition, offset } = record
  return {
    predictionId: `${vector.instrument}@${vector.openTimeMs}@${model.modelName}/${model.version}`,
    instrument: vector.instrument,
    openTimeMs: vector.openTimeMs,
    eventTimeMs: vector.eventTimeMs,
    modelName: model.modelName,
    modelVersion: model.version,
    modelSha256: model.artifactSha256,
    role,
    featureSetFingerprint: vector.featureSetFingerprint,
    horizonMinutes: model.horizonMinutes,
    targetTimeMs: vector.eventTimeMs + model.horizonMinutes * MINUTE_MS,
    referenceClose: vector.close,
    featuresMissing,
    lineage: [
      { topic, partition, fromOffset: offset, toOffset: offset },
      ...(outcomes === undefined ? [] : [outcomes]),
    ],
    ...qualified,
    isAnswer,
    testError: testErrorOf(model),
  }
}

/** From what a model put out to the record of predictions.v1. */
import { testErrorOf } from '../../processors/models/test-error.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features, ModelVersion, Prediction } from '../../schemas/generated.ts'
import type { Role } from '../models/route-table.ts'
import { readOutput } from '../models/model-output.ts'

const MINUTE_MS = 60_000

export interface ScoredVector {
  readonly version: ModelVersion
  readonly role: Role
  /** Whether the routing answers requests about this instrument with this version. */
  readonly isAnswer: boolean
  readonly record: Incoming<Features>
  /** What the model put out, as its objective means it. */
  readonly output: number
  readonly featuresMissing: number
}

export function predictionOf(scored: ScoredVector): Prediction {
  const { version: model, role, isAnswer, record, output, featuresMissing } = scored
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
    lineage: [{ topic, partition, fromOffset: offset, toOffset: offset }],
    ...UNQUALIFIED,
    ...readOutput(model.objective, output),
    objective: model.objective,
    isAnswer,
    testError: testErrorOf(model),
  }
}

/** A prediction as streams, endpoints and the page show it. */
import type { FollowedPrediction } from './instrument-view.ts'

export interface ShownPrediction {
  readonly predictionId: string
  readonly instrument: string
  readonly eventTimeMs: number
  readonly targetTimeMs: number
  readonly modelName: string
  readonly modelVersion: string
  /** Percent. */
  readonly predictedReturn: number
  readonly referenceClose: number
  /** The price the predicted return stands for. */
  readonly predictedClose: number
  readonly featuresMissing: number
  readonly outcome: FollowedPrediction['status']
  /** Percent; null unless realized. */
  readonly realizedReturn: number | null
  readonly partition: number
  readonly offset: number
}

export function describePrediction(followed: FollowedPrediction): ShownPrediction {
  const { prediction, partition, offset, status, realizedReturn } = followed
  const { predictionId, instrument, eventTimeMs, targetTimeMs, modelName, modelVersion } =
    prediction
  const { predictedReturn, referenceClose, featuresMissing } = prediction
  return {
    predictionId,
    instrument,
    eventTimeMs,
    targetTimeMs,
    modelName,
    modelVersion,
    predictedReturn,
    referenceClose,
    predictedClose: referenceClose * (1 + predictedReturn / 100),
    featuresMissing,
    outcome: status,
    realizedReturn,
    partition,
    offset,
  }
}

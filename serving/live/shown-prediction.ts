/** A prediction as streams, endpoints and the page show it. */
import type { FollowedPrediction } from './instrument-view.ts'

export interface ShownPrediction {
  readonly predictionId: string
  readonly instrument: string
  readonly eventTimeMs: number
  readonly targetTimeMs: number
  readonly modelName: string
  readonly modelVersion: string
  /** champion, challenger or shadow. */
  readonly role: string
  readonly objective: string
  /** Whether the routing answered with it. */
  readonly isAnswer: boolean
  /** Percent. */
  readonly predictedReturn: number
  readonly referenceClose: number
  /** The price the predicted return stands for. */
  readonly predictedClose: number
  readonly featuresMissing: number
  readonly probability: number | null
  readonly confidence: number | null
  readonly signalStrength: number | null
  /** Percent. */
  readonly intervalLow: number | null
  readonly intervalHigh: number | null
  readonly featureAgeMs: number | null
  readonly abstainReason: string | null
  readonly outcome: FollowedPrediction['status']
  /** Percent; null unless realized. */
  readonly realizedReturn: number | null
  readonly partition: number
  readonly offset: number
}

export function describePrediction(followed: FollowedPrediction): ShownPrediction {
  const { prediction, partition, offset, status, realizedReturn } = followed
  const { referenceClose, predictedReturn, ...rest } = prediction
  return {
    predictionId: rest.predictionId,
    instrument: rest.instrument,
    eventTimeMs: rest.eventTimeMs,
    targetTimeMs: rest.targetTimeMs,
    modelName: rest.modelName,
    modelVersion: rest.modelVersion,
    role: rest.role,
    objective: rest.objective,
    isAnswer: rest.isAnswer,
    predictedReturn,
    referenceClose,
    predictedClose: referenceClose * (1 + predictedReturn / 100),
    featuresMissing: rest.featuresMissing,
    probability: rest.probability,
    confidence: rest.confidence,
    signalStrength: rest.signalStrength,
    intervalLow: rest.intervalLow,
    intervalHigh: rest.intervalHigh,
    featureAgeMs: rest.featureAgeMs,
    abstainReason: rest.abstainReason,
    outcome: status,
    realizedReturn,
    partition,
    offset,
  }
}

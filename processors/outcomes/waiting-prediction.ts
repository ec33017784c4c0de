/** What is kept of a prediction until its outcome is known: plain data of some 300 bytes. */
import type { Prediction } from '../../schemas/generated.ts'
import type { Incoming } from '../runtime/processor.ts'
import type { MoveInputs } from './move-model.ts'

type Kept =
  | 'predictionId'
  | 'openTimeMs'
  | 'eventTimeMs'
  | 'targetTimeMs'
  | 'modelName'
  | 'modelVersion'
  | 'role'
  | 'objective'
  | 'horizonMinutes'
  | 'predictedReturn'
  | 'referenceClose'
  | 'probability'
  | 'intervalLow'
  | 'intervalHigh'
  | 'intervalCoverage'
  | 'testError'

export interface WaitingPrediction extends Pick<Prediction, Kept> {
  readonly abstained: boolean
  /** Where it lies in predictions.v1. */
  readonly partition: number
  readonly offset: number
  /** Volatility when it was made; undefined where its vector was not the newest one. */
  readonly moveInputs: MoveInputs | undefined
  /** Square of the move that was expected then, percent²; NaN if not known. */
  readonly moveSquared: number
}

export function waitingPrediction(
  { value, partition, offset }: Incoming<Prediction>,
  expected: Pick<WaitingPrediction, 'moveInputs' | 'moveSquared'>,
): WaitingPrediction {
  return {
    predictionId: value.predictionId,
    openTimeMs: value.openTimeMs,
    eventTimeMs: value.eventTimeMs,
    targetTimeMs: value.targetTimeMs,
    modelName: value.modelName,
    modelVersion: value.modelVersion,
    role: value.role,
    objective: value.objective,
    horizonMinutes: value.horizonMinutes,
    predictedReturn: value.predictedReturn,
    referenceClose: value.referenceClose,
    probability: value.probability,
    intervalLow: value.intervalLow,
    intervalHigh: value.intervalHigh,
    intervalCoverage: value.intervalCoverage,
    testError: value.testError,
    abstained: value.abstainReason !== null,
    partition,
    offset,
    ...expected,
  }
}

/** Whether it can be judged at all. Servers publish nothing else; who else writes here is counted. */
export const isJudgeable = (value: Prediction): boolean =>
  Number.isFinite(value.predictedReturn) &&
  Number.isFinite(value.referenceClose) &&
  value.referenceClose > 0 &&
  value.targetTimeMs > value.eventTimeMs

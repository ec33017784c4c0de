/** What a prediction says beside its number, where nothing more is known than that number. */
import type { Prediction } from '../../schemas/generated.ts'

export type Qualities = Pick<
  Prediction,
  | 'objective'
  | 'isAnswer'
  | 'probability'
  | 'confidence'
  | 'signalStrength'
  | 'intervalLow'
  | 'intervalHigh'
  | 'intervalCoverage'
  | 'intervalOutcomes'
  | 'featureAgeMs'
  | 'abstainReason'
  | 'testError'
>

/** The defaults of the schema: what records written before these fields are read as. */
export const UNQUALIFIED: Qualities = Object.freeze({
  objective: 'regression',
  isAnswer: true,
  probability: null,
  confidence: null,
  signalStrength: null,
  intervalLow: null,
  intervalHigh: null,
  intervalCoverage: null,
  intervalOutcomes: 0,
  featureAgeMs: null,
  abstainReason: null,
  testError: null,
})

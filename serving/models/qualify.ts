/**
 * From the number of a model to what can be said of it: how probable, within what interval, and
 * whether anybody should act on it. Pure: the same inputs give the same answer.
 */
import {
  conformalHalfWidth,
  probabilityAboveZero,
} from '../../processors/models/conformal-interval.ts'
import type { Qualities } from '../../processors/models/unqualified.ts'
import type { ErrorSummary } from '../live/error-book.ts'
import { readOutput } from './model-output.ts'
import type { RowNovelty } from './training-ranges.ts'

/** When a prediction abstains. */
export interface AbstainLimits {
  /** Oldest newest original candle, ms. */
  readonly featureAgeMaxMs: number
  /** Largest share of inputs that are missing though training had them, 0 to 1. */
  readonly missingMax: number
  /** Largest share of inputs outside of what training saw, 0 to 1. */
  readonly novelMax: number
}

export type AbstainReason = 'stale_features' | 'missing_inputs' | 'novel_inputs'

export interface Unqualified {
  readonly objective: string
  /** What the model put out. */
  readonly output: number
  readonly featureAgeMs: number | null
  readonly novelty: RowNovelty
  /** Errors of this version on this instrument that are known; unset: too few. */
  readonly errors: ErrorSummary | undefined
  /** Share of outcomes that intervals are to cover, 0 to 1. */
  readonly coverage: number
  readonly limits: AbstainLimits
}

export type Qualified = Omit<Qualities, 'isAnswer' | 'testError'> & {
  /** Percent; NaN where the model has no answer. */
  readonly predictedReturn: number
}

export function qualify(prediction: Unqualified): Qualified {
  const { objective, output, featureAgeMs, errors, coverage } = prediction
  const abstainReason = abstainReasonOf(prediction)
  const read = readOutput(objective, output)
  const { predictedReturn } = read
  const plain: Qualified = {
    ...read,
    objective,
    featureAgeMs,
    abstainReason,
    intervalLow: null,
    intervalHigh: null,
    intervalCoverage: null,
    intervalOutcomes: 0,
    signalStrength: abstainReason === null ? read.signalStrength : 0,
  }
  if (objective === 'classification' || errors === undefined) return plain
  const half = conformalHalfWidth(errors.sortedAbsolute, coverage)
  if (half === null) return plain
  const probability = probabilityAboveZero(errors.sorted, predictedReturn)
  const strength = half === 0 ? Math.sign(predictedReturn) : predictedReturn / half
  return {
    ...plain,
    probability,
    confidence: predictedReturn < 0 ? 1 - probability : probability,
    signalStrength: abstainReason === null ? Math.min(1, Math.max(-1, strength)) : 0,
    intervalLow: predictedReturn - half,
    intervalHigh: predictedReturn + half,
    intervalCoverage: coverage,
    intervalOutcomes: errors.sorted.length,
  }
}

/** The first that applies. */
function abstainReasonOf(prediction: Unqualified): AbstainReason | null {
  const { featureAgeMs, novelty, limits } = prediction
  if (featureAgeMs !== null && featureAgeMs > limits.featureAgeMaxMs) return 'stale_features'
  if (novelty.missing > limits.missingMax) return 'missing_inputs'
  if (novelty.outside > limits.novelMax) return 'novel_inputs'
  return null
}

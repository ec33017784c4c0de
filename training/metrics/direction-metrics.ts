/**
 * How well a forecast tells upward moves from the rest. Upward is a label above 0; a label of exactly
 * 0 is not upward. For a regression the predicted move is upward where the forecast is above 0, for a
 * classification where the probability is above one half.
 */
import { areaUnderRoc } from './ranks.ts'

export interface DirectionMetrics {
  /** Null where one class is missing. */
  readonly auc: number | null
  /** Null where nothing was predicted upward. */
  readonly precision: number | null
  /** Null where nothing went upward. */
  readonly recall: number | null
  /** Null where one of the two is. */
  readonly f1: number | null
  /** Rows by predicted and true direction. */
  readonly confusion: Confusion
}

export interface Confusion {
  readonly truePositives: number
  readonly falsePositives: number
  readonly falseNegatives: number
  readonly trueNegatives: number
}

/** 1 where the label is above 0. */
export const upward = (labels: Float64Array): Uint8Array =>
  Uint8Array.from(labels, (label) => (label > 0 ? 1 : 0))

/** @param cut predictions above it count as upward: 0 or 0.5 */
export function directionMetrics(
  predictions: Float64Array,
  labels: Float64Array,
  cut: number,
): DirectionMetrics {
  const positives = upward(labels)
  const confusion = confusionOf(predictions, positives, cut)
  const { truePositives, falsePositives, falseNegatives } = confusion
  const precision = ratio(truePositives, truePositives + falsePositives)
  const recall = ratio(truePositives, truePositives + falseNegatives)
  return {
    auc: areaUnderRoc(predictions, positives) ?? null,
    precision,
    recall,
    f1:
      precision === null || recall === null
        ? null
        : ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    confusion,
  }
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

function confusionOf(predictions: Float64Array, positives: Uint8Array, cut: number): Confusion {
  const counts = [0, 0, 0, 0]
  for (const [row, prediction] of predictions.entries())
    counts[(prediction > cut ? 2 : 0) + positives[row]!]! += 1
  const [trueNegatives, falseNegatives, falsePositives, truePositives] = counts
  return {
    truePositives: truePositives!,
    falsePositives: falsePositives!,
    falseNegatives: falseNegatives!,
    trueNegatives: trueNegatives!,
  }
}

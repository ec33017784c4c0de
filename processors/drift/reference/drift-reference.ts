/** The reference that the drift of a partition is measured against: what the steps run under. */
import type { ContextIdentity } from '../../runtime/processor.ts'
import type { ReferenceProfile } from '../../models/reference-profile.ts'
import { ANSWER_COLUMNS, answersOf } from '../calibration/calibrate-answers.ts'
import { fromProfile, type DriftCalibration } from '../calibration/calibration.ts'
import { ReferenceIndex } from './reference-index.ts'

/** Enough to find a reference again, and to say in every record which it was. Kept in states. */
export interface ReferenceIdentity extends ContextIdentity {
  /** Next offset of model-versions.v1 when it was found to be the newest. */
  readonly epoch: number
  readonly modelName: string
  readonly modelVersion: string
  readonly profileSha256: string
  /** Of the profile in model-artifacts.v1. */
  readonly profileOffset: number
  /** Instruments the model was trained on; others have no reference. */
  readonly instruments: readonly string[]
}

export interface DriftReference {
  readonly identity: ReferenceIdentity
  readonly index: ReferenceIndex
  /** The index of the model's answers and of the labels: columns `prediction` and `label`. */
  readonly answers: ReferenceIndex
  /** Undefined where the profile has none. */
  readonly calibration: DriftCalibration | undefined
  /** The same for `answers`. */
  readonly answersCalibration: DriftCalibration | undefined
  readonly fromMs: number
  readonly toMs: number
  /** Mean squared error of the model on the reference rows, percent squared; NaN without labels. */
  readonly meanSquaredError: number
}

export const PREDICTION_COLUMN = 0
export const LABEL_COLUMN = 1

/** @throws CandlewireError MODEL_REFUSED for a calibration that is none */
export function driftReference(
  identity: ReferenceIdentity,
  profile: ReferenceProfile,
): DriftReference {
  const { rows, predictions, labels, eventTimeMs } = profile
  const answers = new Float32Array(2 * rows)
  answers.set(predictions)
  answers.set(labels, rows)
  return {
    identity,
    index: new ReferenceIndex(profile),
    answers: new ReferenceIndex({ columns: ANSWER_COLUMNS, rows, values: answers }),
    calibration: fromProfile(profile),
    answersCalibration: answersOf(profile),
    fromMs: eventTimeMs[0]!,
    toMs: eventTimeMs[rows - 1]!,
    meanSquaredError: meanSquaredError(predictions, labels),
  }
}

function meanSquaredError(predictions: Float64Array, labels: Float64Array): number {
  let sum = 0
  let count = 0
  for (const [row, label] of labels.entries()) {
    const error = predictions[row]! - label
    if (error !== error) continue
    sum += error * error
    count += 1
  }
  return sum / count
}

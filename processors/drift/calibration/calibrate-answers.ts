/**
 * The calibration of what a model answers and of what comes, beside that of its inputs: the same looks
 * at the training period, over two columns, kept in the profile under names that begin with `answers.`.
 *
 * The answers are those to rows the model was fitted to. A model that is over-fitted answers less
 * boldly to new rows; that is drift of its answers, too.
 */
import type { ReferenceProfile } from '../../models/reference-profile.ts'
import { calibrateDrift } from './calibrate-drift.ts'
import type { DriftCalibrationInput } from './calibration-input.ts'
import { fromProfile, type DriftCalibration } from './calibration.ts'

export const ANSWER_COLUMNS = ['prediction', 'label'] as const
const PREFIX = 'answers.'

export interface AnswersInput extends Pick<
  DriftCalibrationInput,
  'rows' | 'eventTimeMs' | 'instrumentOfRow' | 'windowVectors'
> {
  /** `[rows]`, percent. */
  readonly predictions: ArrayLike<number>
  /** `[rows]`, percent; NaN: none. */
  readonly labels: ArrayLike<number>
}

/** Entries for `ReferenceProfile.calibration`; empty where the training period is too short. */
export function calibrateAnswers({
  predictions,
  labels,
  ...input
}: AnswersInput): ReferenceProfile['calibration'] {
  const width = ANSWER_COLUMNS.length
  const matrix = new Float32Array(input.rows * width)
  for (let row = 0; row < input.rows; row += 1) {
    matrix[row * width] = predictions[row]!
    matrix[row * width + 1] = labels[row]!
  }
  const calibration = calibrateDrift({ ...input, columns: ANSWER_COLUMNS, matrix })
  return Object.fromEntries(
    Object.entries(calibration).map(([name, values]) => [`${PREFIX}${name}`, values]),
  )
}

/** @throws CandlewireError MODEL_REFUSED for a calibration that is none */
export function answersOf({
  calibration,
}: Pick<ReferenceProfile, 'calibration'>): DriftCalibration | undefined {
  const own = Object.entries(calibration)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, values]) => [name.slice(PREFIX.length), values] as const)
  return fromProfile({ columns: ANSWER_COLUMNS, calibration: Object.fromEntries(own) })
}

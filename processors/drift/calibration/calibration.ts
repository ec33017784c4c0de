/**
 * What is known of the drift statistics of a model's inputs while nothing drifts, as it is carried in
 * `ReferenceProfile.calibration`, and the alarm threshold that follows from it.
 *
 * Per statistic (KS distance, missing share, out-of-range share of every column; the mean KS distance
 * of all) the training period gives a centre and a scale. An alarm compares the *family*: the largest
 * (value - centre) / scale of all statistics. One threshold for the largest takes care of their number
 * and of their dependence, whatever it is. That largest value on each training day makes the sample
 * that the threshold is read from: days, not vectors, because what a window says is nearly the same a
 * minute later.
 */
import { z } from 'zod'
import type { ReferenceProfile } from '../../models/reference-profile.ts'
import { CandlewireError } from '../../../streams/errors.ts'

/** Vectors between two looks at the training period: 96 a window, every quarter of an hour of a day. */
export const lookEvery = (windowVectors: number): number =>
  Math.max(1, Math.floor(windowVectors / 96))

/**
 * What a share of the window may rise and fall between two looks: a live window is looked at with every
 * vector, and each exchanges one of its values.
 */
export const slackBetweenLooks = (windowVectors: number): number =>
  (lookEvery(windowVectors) - 1) / 2 / windowVectors
/** Fewer days of the training period say nothing of rare events. */
export const CALIBRATION_DAYS_MIN = 20

/** By column. */
export interface NullScale {
  readonly centre: readonly number[]
  readonly scale: readonly number[]
}

export interface DriftCalibration {
  /** Vectors in the window it was made with. */
  readonly windowVectors: number
  readonly ks: NullScale
  readonly missing: NullScale
  readonly outOfRange: NullScale
  /** Of the mean KS distance over all columns. */
  readonly breadth: { readonly centre: number; readonly scale: number }
  /** Largest family statistic of each day of the training period, descending. */
  readonly dayMaxima: readonly number[]
}

export function toRecord(calibration: DriftCalibration): ReferenceProfile['calibration'] {
  const { windowVectors, ks, missing, outOfRange, breadth, dayMaxima } = calibration
  return {
    'window.vectors': [windowVectors],
    'ks.centre': ks.centre,
    'ks.scale': ks.scale,
    'missing.centre': missing.centre,
    'missing.scale': missing.scale,
    'out_of_range.centre': outOfRange.centre,
    'out_of_range.scale': outOfRange.scale,
    'breadth.centre': [breadth.centre],
    'breadth.scale': [breadth.scale],
    'family.day_maxima': dayMaxima,
  }
}

const positive = z.array(z.number().positive())

/**
 * @returns undefined where the profile carries none (too short a training period)
 * @throws CandlewireError MODEL_REFUSED where it carries something that is no calibration
 */
export function fromProfile(
  profile: Pick<ReferenceProfile, 'columns' | 'calibration'>,
): DriftCalibration | undefined {
  const { calibration, columns } = profile
  if (Object.keys(calibration).length === 0) return undefined
  const take = (name: string, length: number): readonly number[] => {
    const values = calibration[name]
    const isScale = name.endsWith('.scale') || name === 'window.vectors'
    if (values?.length !== length || (isScale && !positive.safeParse(values).success))
      throw new CandlewireError(
        'MODEL_REFUSED',
        `The calibration of a reference profile has no usable ${name} for ${columns.length} columns`,
      )
    return values
  }
  const nullScale = (name: string): NullScale => ({
    centre: take(`${name}.centre`, columns.length),
    scale: take(`${name}.scale`, columns.length),
  })
  const dayMaxima = calibration['family.day_maxima'] ?? []
  return {
    windowVectors: take('window.vectors', 1)[0]!,
    ks: nullScale('ks'),
    missing: nullScale('missing'),
    outOfRange: nullScale('out_of_range'),
    breadth: { centre: take('breadth.centre', 1)[0]!, scale: take('breadth.scale', 1)[0]! },
    dayMaxima: take('family.day_maxima', Math.max(CALIBRATION_DAYS_MIN, dayMaxima.length)),
  }
}

/**
 * What is known of the drift statistics of a model's inputs while nothing drifts, as it is carried in
 * `ReferenceProfile.calibration`.
 *
 * Per statistic (KS distance, missing share, out-of-range share of every column) the training period
 * gives a centre and a scale. What an alarm compares is one number for each *group* of statistics
 * (group-statistics.ts): whatever the number and the dependence of its members are, its largest value on
 * each training day is the sample that the threshold of the group is read from. Days, not vectors:
 * what a window says is nearly the same a minute later.
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
/**
 * Of what is kept in a profile. 1 (without a number): one sample of day maxima over all measures, in
 * which a single missing share could set the threshold of everything; it is not used any more.
 */
const CALIBRATION_FORMAT = 2

/** Groups of statistics: each has day maxima, a threshold and an equal part of the promised rate. */
export const MEASURE_GROUPS = ['ks', 'breadth', 'missing', 'out_of_range'] as const
export type MeasureGroup = (typeof MEASURE_GROUPS)[number]

/** By column; of shares after {@link stabilised}. */
export interface NullScale {
  readonly centre: readonly number[]
  readonly scale: readonly number[]
}

export interface NullScales {
  readonly ks: NullScale
  readonly missing: NullScale
  readonly outOfRange: NullScale
}

export interface DriftCalibration extends NullScales {
  /** Vectors in the window it was made with. */
  readonly windowVectors: number
  /** Largest statistic of each group on each day of the training period, descending. */
  readonly dayMaxima: Readonly<Record<MeasureGroup, readonly number[]>>
}

/**
 * Variance-stabilising transform of a share (Anscombe 1948): from 0 to 1 it goes from 0 to pi / 2, and
 * the noise of a share is as large everywhere, so a share that was 0 all along has a scale, too.
 */
export const stabilised = (share: number): number => Math.asin(Math.sqrt(share))

export function toRecord(calibration: DriftCalibration): ReferenceProfile['calibration'] {
  const { windowVectors, ks, missing, outOfRange, dayMaxima } = calibration
  return {
    format: [CALIBRATION_FORMAT],
    'window.vectors': [windowVectors],
    'ks.centre': ks.centre,
    'ks.scale': ks.scale,
    'missing.centre': missing.centre,
    'missing.scale': missing.scale,
    'out_of_range.centre': outOfRange.centre,
    'out_of_range.scale': outOfRange.scale,
    ...Object.fromEntries(MEASURE_GROUPS.map((group) => [`${group}.day_maxima`, dayMaxima[group]])),
  }
}

const positive = z.array(z.number().positive())

const formatOf = (calibration: ReferenceProfile['calibration']): number =>
  calibration['format']?.[0] ?? 1

/** Whether a profile carries a calibration of an earlier format, which {@link fromProfile} passes over. */
export const isOutdated = ({ calibration }: Pick<ReferenceProfile, 'calibration'>): boolean =>
  Object.keys(calibration).length > 0 && formatOf(calibration) < CALIBRATION_FORMAT

/**
 * @returns undefined where the profile carries none (too short a training period) or an outdated one
 * @throws CandlewireError MODEL_REFUSED where it carries something that is no calibration, or one of a
 *   later format
 */
export function fromProfile(
  profile: Pick<ReferenceProfile, 'columns' | 'calibration'>,
): DriftCalibration | undefined {
  const { calibration, columns } = profile
  if (Object.keys(calibration).length === 0 || isOutdated(profile)) return undefined
  if (formatOf(calibration) !== CALIBRATION_FORMAT)
    throw refusal(`is of format ${formatOf(calibration)}, this code reads ${CALIBRATION_FORMAT}`)
  const take = (name: string, length: number): readonly number[] => {
    const values = calibration[name]
    const isScale = name.endsWith('.scale') || name === 'window.vectors'
    if (values?.length !== length || (isScale && !positive.safeParse(values).success))
      throw refusal(`has no usable ${name} for ${columns.length} columns`)
    return values
  }
  const nullScale = (name: string): NullScale => ({
    centre: take(`${name}.centre`, columns.length),
    scale: take(`${name}.scale`, columns.length),
  })
  const days = Math.max(CALIBRATION_DAYS_MIN, calibration['ks.day_maxima']?.length ?? 0)
  const maxima = (group: MeasureGroup) => take(`${group}.day_maxima`, days)
  return {
    windowVectors: take('window.vectors', 1)[0]!,
    ks: nullScale('ks'),
    missing: nullScale('missing'),
    outOfRange: nullScale('out_of_range'),
    dayMaxima: {
      ks: maxima('ks'),
      breadth: maxima('breadth'),
      missing: maxima('missing'),
      out_of_range: maxima('out_of_range'),
    },
  }
}

const refusal = (why: string): CandlewireError =>
  new CandlewireError('MODEL_REFUSED', `The calibration of a reference profile ${why}`)

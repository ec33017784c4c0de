/**
 * Alerts about the answers of a model, the returns that came and its errors: one for each measure, so
 * that each has an end of its own.
 *
 * Where the profile carries no calibration of its answers, and for the test of Page and Hinkley, nobody knows how
 * often they are raised without a cause: such an alert is for information and is not delivered unless
 * ALERT_MIN_SEVERITY says so.
 */
import { raise, resolve, type AlertIdentity } from '../../alerts/alert.ts'
import type { Outgoing } from '../../runtime/processor.ts'
import type { ReferenceIdentity } from '../reference/drift-reference.ts'
import { OUTCOME_MEASURES, type OutcomeMeasure } from './outcome-drift-state.ts'

const WHAT: Readonly<Record<OutcomeMeasure, string>> = {
  prediction_ks: 'Predictions (prediction drift)',
  target_ks: 'Realized returns (target drift)',
  page_hinkley: 'Errors (concept drift)',
}

export interface OutcomePlace {
  readonly instrument: string
  readonly eventTimeMs: number
  readonly identity: ReferenceIdentity
}

export interface OutcomeExceedance {
  readonly measure: OutcomeMeasure
  readonly value: number
  readonly threshold: number
  /** False alarms a day; undefined: not known. */
  readonly expectedPerDay: number | undefined
}

const identityOf = (
  { instrument, identity: { modelName, modelVersion } }: OutcomePlace,
  measure: OutcomeMeasure,
): AlertIdentity => ({
  kind: 'drift',
  subject: instrument,
  identity: { modelName, modelVersion, measure },
})

export function raiseOutcomeAlert(
  place: OutcomePlace,
  { measure, value, threshold, expectedPerDay }: OutcomeExceedance,
): Outgoing {
  const { instrument, eventTimeMs, identity } = place
  const model = `${identity.modelName} ${identity.modelVersion}`
  const found =
    measure === OUTCOME_MEASURES.concept
      ? `of ${model} on ${instrument} are larger than they were, by the test of Page and Hinkley`
      : `of ${model} on ${instrument} are not distributed as in training: KS distance ${value.toFixed(3)}, threshold ${threshold.toFixed(3)}`
  const promise =
    expectedPerDay === undefined
      ? 'no rate of false alarms is known'
      : `at most ${Number(expectedPerDay.toPrecision(2))} false alarms a day expected`
  return raise({
    ...identityOf(place, measure),
    eventTimeMs,
    severity: expectedPerDay === undefined ? 'info' : 'warning',
    message: `${WHAT[measure]} ${found}; ${promise}.`,
    labels: { instrument },
    value,
    threshold,
    ...(expectedPerDay === undefined ? {} : { expectedFalseAlarms: expectedPerDay }),
  })
}

export const resolveOutcomeAlert = (
  place: OutcomePlace,
  measure: OutcomeMeasure,
  why: string,
): Outgoing =>
  resolve({
    ...identityOf(place, measure),
    eventTimeMs: place.eventTimeMs,
    message: `${WHAT[measure]} on ${place.instrument}: ${why}.`,
  })

/**
 * The one way to make an alert: pure, so that processors put it out of a step and services hand it
 * to the {@link AlertPublisher}.
 *
 * A fingerprint says which alerts are one: raising what is raised already, or resolving what is not
 * raised, is harmless, so an emitter that lost its memory may repeat itself.
 */
import { createHash } from 'node:crypto'
import type { Alert } from '../../schemas/generated.ts'
import { alertsTopic } from '../../streams/topics.ts'
import { out, type Outgoing } from '../runtime/processor.ts'
import { ALERT_KINDS, runbookOf, type AlertKind, type Severity } from './alert-kinds.ts'

/** What makes an alert the same one however often it is raised. */
export interface AlertIdentity {
  readonly kind: AlertKind
  /** What it is about: an instrument, a model, a consumer group, a service. */
  readonly subject: string
  /** What tells two alerts of one kind and subject apart, for example the model version. */
  readonly identity?: Readonly<Record<string, string>>
}

export interface AlertNotice extends AlertIdentity {
  /** Event time of what caused it, ms UTC; watchers of the present give the time they looked. */
  readonly eventTimeMs: number
  /** One sentence with the figures in it. */
  readonly message: string
  /** Unset: that of the kind. */
  readonly severity?: Severity
  /** More fields to show, beside those of the identity. */
  readonly labels?: Readonly<Record<string, string>>
  /** What was measured and what it was compared with, in the unit of the kind. */
  readonly value?: number
  readonly threshold?: number
  /** Alerts of this kind a day that come without a cause, where that was calibrated. */
  readonly expectedFalseAlarms?: number
  /** HTML report to attach: a file name in `reports` of the data directory. */
  readonly reportFile?: string
}

const FINGERPRINT_DIGITS = 16

/** @returns 16 hex digits of sha256 over kind, subject and sorted identity. */
export function fingerprintOf({ kind, subject, identity = {} }: AlertIdentity): string {
  const parts = Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([kind, subject, parts])
  return createHash('sha256').update(text).digest('hex').slice(0, FINGERPRINT_DIGITS)
}

/** An alert that begins, or goes on. */
export const raised = (notice: AlertNotice): Alert => alertOf(notice, 'firing')

/** Its end. The message says why it is over. */
export const resolved = (notice: AlertNotice): Alert => alertOf(notice, 'resolved')

/** The same as outputs of a step. */
export const raise = (notice: AlertNotice): Outgoing => out(alertsTopic, raised(notice))
export const resolve = (notice: AlertNotice): Outgoing => out(alertsTopic, resolved(notice))

function alertOf(notice: AlertNotice, state: 'firing' | 'resolved'): Alert {
  const { kind, subject, eventTimeMs, message, identity, labels } = notice
  return {
    subject,
    eventTimeMs,
    kind,
    severity: notice.severity ?? ALERT_KINDS[kind].severity,
    state,
    message,
    labels: { ...labels, ...identity },
    fingerprint: fingerprintOf(notice),
    runbook: runbookOf(kind),
    value: notice.value ?? null,
    threshold: notice.threshold ?? null,
    expectedFalseAlarms: notice.expectedFalseAlarms ?? null,
    reportFile: notice.reportFile ?? null,
  }
}

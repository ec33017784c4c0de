/**
 * From verdicts to alarms: one is raised when there is drift, and is over when a whole window has gone
 * by without. The same excursion is never two alarms, so there are no more of them than days on which
 * the statistic is above its threshold, which is what the calibration promises.
 */
import type { Features, TrainingRequest } from '../../schemas/generated.ts'
import { trainingRequestsTopic } from '../../streams/topics.ts'
import { raise, resolve, type AlertNotice } from '../alerts/alert.ts'
import { out, type Incoming, type Outgoing } from '../runtime/processor.ts'
import type { DriftSettings } from './drift-settings.ts'
import type { DriftAlarm, DriftState } from './drift-state.ts'
import type { Measured } from './measured.ts'
import type { Verdict } from './verdict/verdict-rule.ts'

export interface AlarmInput {
  readonly measured: Measured | undefined
  /** Undefined while the window fills or where there is no reference. */
  readonly verdict: Verdict | undefined
  readonly settings: DriftSettings
}

/** Moves the alarm of a state on and puts out what has to be said of it. */
export function stepAlarm(
  state: DriftState,
  record: Incoming<Features>,
  { measured, verdict, settings }: AlarmInput,
): Outgoing[] {
  const outputs: Outgoing[] = []
  const identity = measured?.reference.identity
  if (state.alarm !== undefined && isOfAnother(state.alarm, identity)) {
    outputs.push(ended(state.alarm, record, 'the model it was measured for is no longer live'))
    state.alarm = undefined
  }
  if (measured === undefined || verdict === undefined) return outputs
  if (state.alarm === undefined) {
    if (!verdict.drifted) return outputs
    const { modelName, modelVersion } = measured.reference.identity
    state.alarm = { sinceMs: record.value.eventTimeMs, modelName, modelVersion, quietVectors: 0 }
    state.alarms += 1
    outputs.push(raise(noticeOf(state, record, measured, verdict)))
    if (settings.retrain) outputs.push(out(trainingRequestsTopic, request(record, measured)))
    return outputs
  }
  state.alarm.quietVectors = verdict.drifted ? 0 : state.alarm.quietVectors + 1
  if (state.alarm.quietVectors < state.window) return outputs
  outputs.push(ended(state.alarm, record, `${state.window} vectors have passed without drift`))
  state.alarm = undefined
  return outputs
}

const isOfAnother = (
  alarm: DriftAlarm,
  identity: { modelName: string; modelVersion: string } | undefined,
): boolean =>
  identity !== undefined &&
  (identity.modelName !== alarm.modelName || identity.modelVersion !== alarm.modelVersion)

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function noticeOf(
  state: DriftState,
  record: Incoming<Features>,
  measured: Measured,
  verdict: Verdict,
): AlertNotice {
  const { instrument, eventTimeMs } = record.value
  const { rule, reference } = measured
  const { modelName, modelVersion } = reference.identity
  const features = reference.index.columns.length
  const share = verdict.driftedColumns.length / features
  const { worst } = verdict
  const where =
    worst === undefined
      ? ''
      : `; farthest is ${worst.feature} with ${worst.measure} ${worst.value.toFixed(3)} (threshold ${worst.threshold.toFixed(3)})`
  const { alarm } = rule
  const promise =
    alarm === undefined
      ? 'fixed thresholds, no rate of false alarms is known'
      : `at most ${Number(alarm.expectedPerDay.toPrecision(2))} false alarms a day expected over all features, from ${alarm.days} days of the training period${alarm.isExtrapolated ? ', extrapolated' : ''}`
  return {
    kind: 'drift',
    subject: instrument,
    identity: { modelName, modelVersion },
    eventTimeMs,
    severity: share > 0.3 ? 'critical' : 'warning',
    message: `${percent(share)} of ${features} features of ${instrument} have left the training distribution of ${modelName} ${modelVersion}${where}; ${promise}.`,
    labels: {
      instrument,
      mode: rule.mode,
      driftedFeatures: verdict.driftedColumns
        .slice(0, 10)
        .map((column) => reference.index.columns[column]!)
        .join(','),
      alarmNumber: String(state.alarms),
    },
    value: share,
    ...(alarm === undefined ? {} : { expectedFalseAlarms: alarm.expectedPerDay }),
  }
}

const ended = (alarm: DriftAlarm, record: Incoming<Features>, why: string): Outgoing =>
  resolve({
    kind: 'drift',
    subject: record.value.instrument,
    identity: { modelName: alarm.modelName, modelVersion: alarm.modelVersion },
    eventTimeMs: record.value.eventTimeMs,
    message: `Drift of ${record.value.instrument} since ${new Date(alarm.sinceMs).toISOString()} is over: ${why}.`,
  })

function request(record: Incoming<Features>, { reference }: Measured): TrainingRequest {
  const { instrument, eventTimeMs } = record.value
  const { modelName, modelVersion } = reference.identity
  const isDirection = modelName.startsWith('direction_')
  return {
    requestId: `drift-${instrument}-${eventTimeMs}`,
    // A step has no clock; asking again with the same id asks for nothing more.
    requestedAtMs: eventTimeMs,
    trigger: 'drift',
    actor: 'drift',
    reason: `The inputs of ${modelName} ${modelVersion} have drifted on ${instrument}`,
    modelName,
    objective: isDirection ? 'classification' : 'regression',
    horizonMinutes: Number(/_(\d+)$/.exec(modelName)?.[1] ?? 30),
    featureSet: null,
    instrument: null,
    algorithms: [],
    trials: null,
    untilMs: null,
  }
}

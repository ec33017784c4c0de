/**
 * The records of drift.v1: a measure of a feature that went above its threshold, or came back below
 * nine tenths of it, so that a value at the threshold does not make a record every minute.
 */
import type { Drift, FeatureDrift, Features } from '../../../schemas/generated.ts'
import { driftTopic } from '../../../streams/topics.ts'
import { out, type Incoming, type Outgoing } from '../../runtime/processor.ts'
import type { DriftState } from '../drift-state.ts'
import type { Measured } from '../measured.ts'
import { lineageOf } from './drift-summary.ts'

const BACK_BELOW = 0.9
/** A population stability index above this is commonly called a major shift. */
const PSI_THRESHOLD = 0.25

/** @param reports the measures that are known hourly; undefined between two reports */
export function measureChanges(
  state: DriftState,
  record: Incoming<Features>,
  measured: Measured,
  reports: readonly FeatureDrift[] | undefined,
): Outgoing[] {
  const { comparison, rule, names } = measured
  const outputs: Outgoing[] = []
  const look = (key: string, value: number, threshold: number): void => {
    const wasAbove = state.above.has(key)
    const isAbove = value > (wasAbove ? BACK_BELOW * threshold : threshold)
    if (isAbove === wasAbove || Number.isNaN(value)) return
    if (isAbove) state.above.add(key)
    else state.above.delete(key)
    const [feature, measure] = key.split(' ') as [string, string]
    const change = { feature, measure, value, threshold }
    outputs.push(out(driftTopic, driftRecord(state, record, measured, change)))
  }
  for (let column = 0; column < names.length; column += 1) {
    if (!rule.isJudged(column, state.vectors)) continue
    const { ks, missing } = names[column]!
    look(ks, comparison.ks(column), rule.ksThresholds[column]!)
    look(missing, comparison.missing(column), rule.missingThresholds[column]!)
  }
  for (const { feature, psi, meanShift } of reports ?? []) {
    look(`${feature} psi`, psi ?? NaN, PSI_THRESHOLD)
    look(`${feature} mean_shift`, Math.abs(meanShift ?? NaN), 2)
  }
  return outputs
}

function driftRecord(
  state: DriftState,
  record: Incoming<Features>,
  { reference, rule }: Measured,
  change: Pick<Drift, 'feature' | 'measure' | 'value' | 'threshold'>,
): Drift {
  return {
    ...change,
    instrument: record.value.instrument,
    eventTimeMs: record.value.eventTimeMs,
    drifted: state.above.has(`${change.feature} ${change.measure}`),
    modelName: reference.identity.modelName,
    modelVersion: reference.identity.modelVersion,
    windowVectors: Math.min(state.vectors, state.window),
    expectedFalseAlarmsPerDay: rule.alarm?.expectedPerDay ?? null,
    lineage: lineageOf(record, reference),
  }
}

/** The record of drift-summaries.v1 for one vector. */
import type { DriftSummary, FeatureDrift, Features, Lineage } from '../../../schemas/generated.ts'
import { modelArtifactsTopic } from '../../../streams/topics.ts'
import type { Incoming } from '../../runtime/processor.ts'
import type { DriftState } from '../drift-state.ts'
import type { Measured } from '../measured.ts'
import type { DriftReference } from '../reference/drift-reference.ts'
import { known } from './feature-reports.ts'
import { topMovers } from './top-movers.ts'
import type { Verdict } from './verdict-rule.ts'

export interface SummaryInput {
  readonly measured: Measured | undefined
  readonly verdict: Verdict | undefined
  readonly reports: readonly FeatureDrift[] | undefined
}

/** Share of features above which drift is critical. */
const CRITICAL_SHARE = 0.3

/** The vector and, behind it, the profile it was measured against: what a replay needs. */
export const lineageOf = (
  { topic, partition, offset }: Incoming<Features>,
  reference: DriftReference | undefined,
): Lineage[] => {
  const vector = { topic, partition, fromOffset: offset, toOffset: offset }
  if (reference === undefined) return [vector]
  const at = reference.identity.profileOffset
  const { name } = modelArtifactsTopic
  return [vector, { topic: name, partition: 0, fromOffset: at, toOffset: at }]
}

export function driftSummary(
  state: DriftState,
  record: Incoming<Features>,
  { measured, verdict, reports }: SummaryInput,
): DriftSummary {
  const { instrument, eventTimeMs } = record.value
  const { window, vectors } = state
  const identity = measured?.reference.identity
  const features = measured?.reference.index.columns.length ?? 0
  const drifted = verdict?.driftedColumns.length ?? 0
  const share = features === 0 ? 0 : drifted / features
  const { worst } = verdict ?? {}
  return {
    instrument,
    eventTimeMs,
    windowFromMs: state.timeMs[vectors > window ? vectors % window : 0]!,
    windowVectors: Math.min(vectors, window),
    windowSize: window,
    modelName: identity?.modelName ?? '',
    modelVersion: identity?.modelVersion ?? '',
    profileSha256: identity?.profileSha256 ?? '',
    referenceFromMs: measured?.reference.fromMs ?? null,
    referenceToMs: measured?.reference.toMs ?? null,
    mode: measured?.rule.mode ?? 'none',
    health: healthOf(measured, verdict, share),
    driftDetected: verdict?.drifted ?? false,
    features,
    driftedFeatures: drifted,
    driftShare: share,
    worstFeature: worst?.feature ?? '',
    worstMeasure: worst?.measure ?? '',
    worstValue: known(worst?.value ?? NaN),
    worstThreshold: known(worst?.threshold ?? NaN),
    meanKs: known(verdict?.meanKs ?? NaN),
    expectedFalseAlarmsPerDay: measured?.rule.alarm?.expectedPerDay ?? null,
    isExtrapolated: measured?.rule.alarm?.isExtrapolated ?? false,
    alarms: state.alarms,
    report: reports === undefined ? null : [...reports],
    movers: measured === undefined || reports === undefined ? [] : topMovers(measured),
    lineage: lineageOf(record, measured?.reference),
  }
}

function healthOf(
  measured: Measured | undefined,
  verdict: Verdict | undefined,
  share: number,
): string {
  if (measured === undefined) return 'no_reference'
  if (verdict === undefined) return 'warming'
  if (!verdict.drifted) return verdict.driftedColumns.length > 0 ? 'degraded' : 'healthy'
  return share > CRITICAL_SHARE ? 'critical' : 'degraded'
}

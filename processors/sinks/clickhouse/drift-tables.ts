/** The tables of drift: verdicts on every vector, and the changes of single measures. */
import type { Drift, DriftSummary, FeatureDrift } from '../../../schemas/generated.ts'
import { driftSummariesTopic, driftTopic } from '../../../streams/topics.ts'
import { mapping, NAME, OPTIONAL_DOUBLE, TIME } from './table-mapping.ts'

const doubles = (name: keyof FeatureDrift) => (v: DriftSummary) =>
  (v.report ?? []).map((each) => each[name] ?? NaN)

export const driftSummaries = mapping<DriftSummary>(driftSummariesTopic, 'drift_summaries', {
  instrument: [NAME, (v) => v.instrument],
  event_time: [TIME, (v) => v.eventTimeMs],
  window_from: [TIME, (v) => v.windowFromMs],
  window_vectors: ['Int32', (v) => v.windowVectors],
  window_size: ['Int32', (v) => v.windowSize],
  model_name: [NAME, (v) => v.modelName],
  model_version: [NAME, (v) => v.modelVersion],
  profile_sha256: [NAME, (v) => v.profileSha256],
  mode: [NAME, (v) => v.mode],
  health: [NAME, (v) => v.health],
  drift_detected: ['Bool', (v) => v.driftDetected],
  features: ['Int32', (v) => v.features],
  drifted_features: ['Int32', (v) => v.driftedFeatures],
  drift_share: ['Float64', (v) => v.driftShare],
  worst_feature: [NAME, (v) => v.worstFeature],
  worst_measure: [NAME, (v) => v.worstMeasure],
  worst_value: [OPTIONAL_DOUBLE, (v) => v.worstValue],
  worst_threshold: [OPTIONAL_DOUBLE, (v) => v.worstThreshold],
  mean_ks: [OPTIONAL_DOUBLE, (v) => v.meanKs],
  expected_false_alarms_per_day: [OPTIONAL_DOUBLE, (v) => v.expectedFalseAlarmsPerDay],
  is_extrapolated: ['Bool', (v) => v.isExtrapolated],
  alarms: ['Int64', (v) => v.alarms],
  is_report: ['Bool', (v) => v.report !== null],
  feature: ['Array(String)', (v) => (v.report ?? []).map((each) => each.feature)],
  ks: ['Array(Float64)', doubles('ks')],
  ks_threshold: ['Array(Float64)', doubles('ksThreshold')],
  psi: ['Array(Float64)', doubles('psi')],
  wasserstein: ['Array(Float64)', doubles('wasserstein')],
  missing: ['Array(Float64)', doubles('missing')],
  out_of_range: ['Array(Float64)', doubles('outOfRange')],
  mean_shift: ['Array(Float64)', doubles('meanShift')],
  volatility_ratio: ['Array(Float64)', doubles('volatilityRatio')],
  drifted: ['Array(Bool)', (v) => (v.report ?? []).map((each) => each.drifted)],
  movers: ['String', (v) => JSON.stringify(v.movers)],
})

export const drift = mapping<Drift>(driftTopic, 'drift', {
  instrument: [NAME, (v) => v.instrument],
  event_time: [TIME, (v) => v.eventTimeMs],
  feature: [NAME, (v) => v.feature],
  measure: [NAME, (v) => v.measure],
  value: ['Float64', (v) => v.value],
  threshold: ['Float64', (v) => v.threshold],
  drifted: ['Bool', (v) => v.drifted],
  model_name: [NAME, (v) => v.modelName],
  model_version: [NAME, (v) => v.modelVersion],
  window_vectors: ['Int32', (v) => v.windowVectors],
  expected_false_alarms_per_day: [OPTIONAL_DOUBLE, (v) => v.expectedFalseAlarmsPerDay],
})

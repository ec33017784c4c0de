-- Drift: the verdict on every vector, and the changes of single measures.

CREATE TABLE IF NOT EXISTS drift_summaries (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: the producer',
  event_time DateTime64(3, 'UTC') COMMENT 'Time of the newest vector in the window. Source: features.v1',
  window_from DateTime64(3, 'UTC') COMMENT 'Time of the oldest vector in the window. Source: features.v1',
  window_vectors Int32 COMMENT 'Vectors in the window. Source: the drift processor',
  window_size Int32 COMMENT 'Vectors in a full window. Source: settings',
  model_name LowCardinality(String) COMMENT 'Model whose profile is the reference; empty: none. Source: model-versions.v1',
  model_version LowCardinality(String) COMMENT 'Its version. Source: model-versions.v1',
  profile_sha256 LowCardinality(String) COMMENT 'Digest of the reference profile, hex. Source: model-versions.v1',
  mode LowCardinality(String) COMMENT 'calibrated, thresholds or none. Source: settings and the profile',
  health LowCardinality(String) COMMENT 'healthy, degraded, critical, warming or no_reference. Source: the drift processor',
  drift_detected Bool COMMENT 'Whether there is drift by the rule of the mode. Source: the drift processor',
  features Int32 COMMENT 'Features that are compared. Source: the reference profile',
  drifted_features Int32 COMMENT 'Of these, those above a threshold. Source: the drift processor',
  drift_share Float64 COMMENT 'Share of drifted features, 0 to 1. Source: the drift processor',
  worst_feature LowCardinality(String) COMMENT 'Where the verdict comes from; (all): the mean KS distance. Source: the drift processor',
  worst_measure LowCardinality(String) COMMENT 'By which measure. Source: the drift processor',
  worst_value Nullable(Float64) COMMENT 'Its value, in the unit of the measure. Source: the drift processor',
  worst_threshold Nullable(Float64) COMMENT 'Its threshold, in the same unit. Source: the drift processor',
  mean_ks Nullable(Float64) COMMENT 'Mean KS distance of all features, 0 to 1. Source: the drift processor',
  expected_false_alarms_per_day Nullable(Float64) COMMENT 'False alarms a day the calibration promises at most. Source: the reference profile',
  is_extrapolated Bool COMMENT 'Whether that is rarer than the training period can show. Source: the reference profile',
  alarms Int64 COMMENT 'Alarms raised for the instrument so far. Source: the drift processor',
  is_report Bool COMMENT 'Whether the arrays of features are filled: hourly and at changes. Source: the drift processor',
  feature Array(String) COMMENT 'Names of the features, parallel to the arrays that follow. Source: the reference profile',
  ks Array(Float64) COMMENT 'KS distances, NaN where unknown. Source: the drift processor',
  ks_threshold Array(Float64) COMMENT 'KS distances above which a feature has drifted. Source: settings or the calibration',
  psi Array(Float64) COMMENT 'Population stability indexes, NaN where unknown. Source: the drift processor',
  wasserstein Array(Float64) COMMENT 'Wasserstein-1 distances in units of the features, NaN where unknown. Source: the drift processor',
  missing Array(Float64) COMMENT 'Missing shares of the window, 0 to 1. Source: the drift processor',
  out_of_range Array(Float64) COMMENT 'Shares outside the range of the reference, NaN where unknown. Source: the drift processor',
  mean_shift Array(Float64) COMMENT 'Mean of 30 days against 150 days, in standard deviations, NaN where unknown. Source: the drift processor',
  volatility_ratio Array(Float64) COMMENT 'Standard deviation of 30 days over that of 150 days, NaN where unknown. Source: the drift processor',
  drifted Array(Bool) COMMENT 'Whether the feature has drifted. Source: the drift processor',
  movers String COMMENT 'JSON: [{feature, edges, reference, current}] of the features that moved farthest, shares by deciles of the reference. Source: the drift processor',
  source_partition Int32 COMMENT 'Partition of drift-summaries.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, event_time)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Verdict of drift on every vector';

CREATE TABLE IF NOT EXISTS drift (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: the producer',
  event_time DateTime64(3, 'UTC') COMMENT 'Time of the newest vector or outcome in the window. Source: features.v1 or outcomes.v1',
  feature LowCardinality(String) COMMENT 'Feature, or prediction, label, residual. Source: the reference profile',
  measure LowCardinality(String) COMMENT 'ks, missing, psi, mean_shift, prediction_ks, target_ks or page_hinkley. Source: the drift processor',
  value Float64 COMMENT 'Its value, in the unit of the measure. Source: the drift processor',
  threshold Float64 COMMENT 'Threshold it is compared with. Source: settings or the calibration',
  drifted Bool COMMENT 'Whether the threshold is passed. Source: the drift processor',
  model_name LowCardinality(String) COMMENT 'Model whose profile is the reference. Source: model-versions.v1',
  model_version LowCardinality(String) COMMENT 'Its version. Source: model-versions.v1',
  window_vectors Int32 COMMENT 'Vectors or outcomes in the window. Source: the drift processor',
  expected_false_alarms_per_day Nullable(Float64) COMMENT 'False alarms a day the calibration promises at most. Source: the reference profile',
  source_partition Int32 COMMENT 'Partition of drift.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, event_time, feature, measure, model_name, model_version)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Changes of single drift measures, and hourly values of those of answers and errors';

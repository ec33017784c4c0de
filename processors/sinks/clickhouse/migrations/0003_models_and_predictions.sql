-- The model registry and what the models said.

CREATE TABLE IF NOT EXISTS model_versions (
  model_name LowCardinality(String) COMMENT 'Model name, for example forward_return_30. Source: model-versions.v1',
  key String COMMENT 'name/version of a version, name@alias of an alias. Source: model-versions.v1',
  kind LowCardinality(String) COMMENT 'version or alias. Source: model-versions.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Latest event time the entry depends on. Source: the training data',
  version String COMMENT 'Version, or the version the alias points to. Source: model-versions.v1',
  alias LowCardinality(String) COMMENT 'champion or challenger; empty on a version. Source: model-versions.v1',
  weight Nullable(Float64) COMMENT 'Share of traffic of an alias, 0 to 1. Source: model-versions.v1',
  reason String COMMENT 'Why an alias points there; empty on a version. Source: model-versions.v1',
  algorithm LowCardinality(String) COMMENT 'lightgbm or ar7_ridge; empty on an alias. Source: the trainer',
  horizon_minutes Nullable(Int32) COMMENT 'How far ahead it predicts, in minutes. Source: the trainer',
  feature_set LowCardinality(String) COMMENT 'Feature set it reads; empty on an alias. Source: the trainer',
  feature_set_fingerprint String COMMENT 'sha256 of that set, hex. Source: the trainer',
  input_columns Array(String) COMMENT 'Columns of the input matrix in order. Source: the trainer',
  artifact_sha256 String COMMENT 'Digest of the ONNX file, hex. Source: the trainer',
  artifact_bytes Nullable(Int64) COMMENT 'Size of the ONNX file, in bytes. Source: the trainer',
  trained_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Predictions up to here would be in-sample. Source: the examples',
  dataset_rows Nullable(Int64) COMMENT 'Examples read. Source: the trainer',
  dataset_digest String COMMENT 'sha256 of the training matrix and labels, hex. Source: the trainer',
  beats_zero_forecast Nullable(Bool) COMMENT 'Whether validation and test RMSE are below the zero-return forecast. Source: the trainer',
  parameters Map(String, String) COMMENT 'Training parameters. Source: the trainer',
  `metrics.split` Array(String) COMMENT 'train, validation, test or out_of_time. Source: the trainer',
  `metrics.rows` Array(Int64) COMMENT 'Examples in the split. Source: the trainer',
  `metrics.rmse` Array(Float64) COMMENT 'Root mean square error, in percent return. Source: the trainer',
  `metrics.mae` Array(Float64) COMMENT 'Mean absolute error, in percent return. Source: the trainer',
  `metrics.r2` Array(Float64) COMMENT '1 - SSE/SST about the split mean. Source: the trainer',
  `metrics.r2_vs_zero` Array(Float64) COMMENT '1 - SSE/SSE of the zero-return forecast. Source: the trainer',
  `metrics.directional_accuracy` Array(Float64) COMMENT 'Share of non-zero labels whose sign is predicted. Source: the trainer',
  `metrics.zero_rmse` Array(Float64) COMMENT 'RMSE of the zero-return forecast, in percent return. Source: the trainer',
  `metrics.zero_mae` Array(Float64) COMMENT 'MAE of the zero-return forecast, in percent return. Source: the trainer',
  code_version String COMMENT 'Version of the code that trained it. Source: package.json',
  parent String COMMENT 'Version it follows; empty for the first. Source: the trainer',
  entry_json String COMMENT 'The whole record as JSON, without golden rows. Source: model-versions.v1',
  source_partition Int32 COMMENT 'Partition of model-versions.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (model_name, key)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Model versions and the aliases that point to them';

CREATE TABLE IF NOT EXISTS predictions (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: predictions.v1',
  open_time DateTime64(3, 'UTC') COMMENT 'Start of the bar the vector is of; join with examples on instrument and open_time. Source: predictions.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Close of that bar. Source: predictions.v1',
  target_time DateTime64(3, 'UTC') COMMENT 'Time the prediction is about. Source: predictions.v1',
  model_name LowCardinality(String) COMMENT 'Model name. Source: model-versions.v1',
  model_version LowCardinality(String) COMMENT 'Model version. Source: model-versions.v1',
  model_sha256 LowCardinality(String) COMMENT 'Digest of the model file, hex. Source: model-versions.v1',
  role LowCardinality(String) COMMENT 'champion or challenger. Source: model-versions.v1',
  feature_set_fingerprint LowCardinality(String) COMMENT 'sha256 of the feature set, hex. Source: features.v1',
  horizon_minutes Int32 COMMENT 'How far ahead, in minutes. Source: the model',
  predicted_return Float64 COMMENT 'Predicted forward return, in percent. Source: the model',
  reference_close Float64 COMMENT 'Close the return is counted from, in price units. Source: features.v1',
  features_missing Int32 COMMENT 'Model inputs that were null. Source: the server',
  source_partition Int32 COMMENT 'Partition of predictions.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, open_time, model_name, model_version)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What each model said about each feature vector';

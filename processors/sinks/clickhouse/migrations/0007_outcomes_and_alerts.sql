-- What came of the predictions, how good each model version was by it, and what people were told.

CREATE TABLE IF NOT EXISTS outcomes (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: outcomes.v1',
  open_time DateTime64(3, 'UTC') COMMENT 'Start of the bar the vector is of. Source: predictions.v1',
  target_time DateTime64(3, 'UTC') COMMENT 'Time the prediction was about. Source: predictions.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Close of the bar by which it was decided. Source: features.v1',
  model_name LowCardinality(String) COMMENT 'Model name. Source: predictions.v1',
  model_version LowCardinality(String) COMMENT 'Model version. Source: predictions.v1',
  role LowCardinality(String) COMMENT 'champion, challenger or shadow. Source: predictions.v1',
  objective LowCardinality(String) COMMENT 'regression or classification. Source: predictions.v1',
  horizon_minutes Int32 COMMENT 'How far ahead it looked, in minutes. Source: predictions.v1',
  status LowCardinality(String) COMMENT 'realized, unknowable (no bar at the target time) or forgotten (it came too late). Source: the outcomes processor',
  predicted_return Float64 COMMENT 'What was predicted, in percent; 0 of a classification. Source: predictions.v1',
  realized_return Nullable(Float64) COMMENT 'What came, in percent; NULL unless realized. Source: features.v1',
  reference_close Nullable(Float64) COMMENT 'Close the return is counted from, in price units. Source: predictions.v1',
  realized_close Nullable(Float64) COMMENT 'Close at the target time, in price units. Source: features.v1',
  probability Nullable(Float64) COMMENT 'Predicted probability of a return above 0. Source: predictions.v1',
  interval_low Nullable(Float64) COMMENT 'Lower end of the interval, in percent. Source: predictions.v1',
  interval_high Nullable(Float64) COMMENT 'Upper end of the interval, in percent. Source: predictions.v1',
  interval_coverage Nullable(Float64) COMMENT 'Share of outcomes it was to cover, 0 to 1. Source: predictions.v1',
  abstained Bool COMMENT 'Whether the prediction said that nobody should act on it. Source: predictions.v1',
  test_error Nullable(Float64) COMMENT 'RMSE or Brier score of the model on its test split. Source: predictions.v1',
  source_partition Int32 COMMENT 'Partition of outcomes.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, open_time, model_name, model_version)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every prediction with what came, or why that cannot be known';

CREATE TABLE IF NOT EXISTS model_quality (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: model-quality.v1',
  model_name LowCardinality(String) COMMENT 'Model name. Source: predictions.v1',
  model_version LowCardinality(String) COMMENT 'Model version. Source: predictions.v1',
  window_minutes Int32 COMMENT 'Length of the window, in minutes: 60, 1440 or 10080. Source: the outcomes processor',
  event_time DateTime64(3, 'UTC') COMMENT 'End of the window: target time of its newest outcome. Source: outcomes.v1',
  role LowCardinality(String) COMMENT 'Role of the newest prediction in it. Source: predictions.v1',
  objective LowCardinality(String) COMMENT 'regression or classification. Source: predictions.v1',
  horizon_minutes Int32 COMMENT 'How far ahead it looks, in minutes. Source: predictions.v1',
  outcomes Int32 COMMENT 'Realized outcomes in the window. Source: outcomes.v1',
  unknowable Int64 COMMENT 'Predictions without a knowable outcome since the first. Source: the outcomes processor',
  rmse Nullable(Float64) COMMENT 'Root mean square error, in percent return. Source: outcomes.v1',
  mae Nullable(Float64) COMMENT 'Mean absolute error, in percent return. Source: outcomes.v1',
  bias Nullable(Float64) COMMENT 'Mean of predicted less realized, in percent return. Source: outcomes.v1',
  zero_rmse Nullable(Float64) COMMENT 'RMSE of the zero-return forecast on the same outcomes. Source: outcomes.v1',
  zero_mae Nullable(Float64) COMMENT 'MAE of the zero-return forecast on the same outcomes. Source: outcomes.v1',
  r2_vs_zero Nullable(Float64) COMMENT '1 - SSE/SSE of the zero forecast. Source: outcomes.v1',
  directional_accuracy Nullable(Float64) COMMENT 'Share of non-zero returns whose sign was predicted. Source: outcomes.v1',
  up_share Nullable(Float64) COMMENT 'Share of non-zero returns above 0: what always saying up would have reached. Source: outcomes.v1',
  brier Nullable(Float64) COMMENT 'Brier score of the probabilities. Source: outcomes.v1',
  zero_brier Nullable(Float64) COMMENT 'The same of always one half: 0.25. Source: outcomes.v1',
  log_loss Nullable(Float64) COMMENT 'Mean negative log likelihood, in nats. Source: outcomes.v1',
  calibration_error Nullable(Float64) COMMENT 'Expected calibration error over ten bins of equal count. Source: outcomes.v1',
  coverage Nullable(Float64) COMMENT 'Share of outcomes within their interval. Source: outcomes.v1',
  coverage_expected Nullable(Float64) COMMENT 'What the intervals were to cover. Source: predictions.v1',
  interval_width Nullable(Float64) COMMENT 'Mean width of the intervals, in percent return. Source: predictions.v1',
  interval_outcomes Int32 COMMENT 'Outcomes with an interval. Source: outcomes.v1',
  test_error Nullable(Float64) COMMENT 'RMSE or Brier score of the model on its test split. Source: predictions.v1',
  estimated_error Nullable(Float64) COMMENT 'RMSE or Brier score of the predictions without outcome, estimated without labels. Source: the outcomes processor',
  estimate_mae Nullable(Float64) COMMENT 'Mean absolute error of past estimates. Source: the outcomes processor',
  naive_estimate_mae Nullable(Float64) COMMENT 'The same of taking the error over the newest hour. Source: the outcomes processor',
  constant_estimate_mae Nullable(Float64) COMMENT 'The same of taking the error on the test split. Source: the outcomes processor',
  estimates_judged Int32 COMMENT 'Estimates behind those three. Source: the outcomes processor',
  source_partition Int32 COMMENT 'Partition of model-quality.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, model_name, model_version, window_minutes, event_time)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Rolling quality of each model version beside the zero forecast, every five minutes of event time';

CREATE TABLE IF NOT EXISTS alerts (
  event_time DateTime64(3, 'UTC') COMMENT 'Event time of what caused it. Source: alerts.v1',
  fingerprint String COMMENT 'What makes two alerts the same one, hex. Source: alerts.v1',
  kind LowCardinality(String) COMMENT 'Kind; docs/runbooks has a page for each. Source: alerts.v1',
  subject LowCardinality(String) COMMENT 'What it is about. Source: alerts.v1',
  severity LowCardinality(String) COMMENT 'info, warning or critical. Source: alerts.v1',
  state LowCardinality(String) COMMENT 'firing or resolved. Source: alerts.v1',
  message String COMMENT 'One sentence. Source: alerts.v1',
  labels Map(String, String) COMMENT 'More fields. Source: alerts.v1',
  value Nullable(Float64) COMMENT 'What was measured. Source: alerts.v1',
  threshold Nullable(Float64) COMMENT 'What it was compared with. Source: alerts.v1',
  expected_false_alarms Nullable(Float64) COMMENT 'Alerts of this kind a day without a cause. Source: alerts.v1',
  runbook String COMMENT 'Page that says what to do. Source: alerts.v1',
  source_partition Int32 COMMENT 'Partition of alerts.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every alert as it was raised or resolved';

CREATE TABLE IF NOT EXISTS alert_deliveries (
  sent_at DateTime64(3, 'UTC') COMMENT 'When it was decided, by the clock of the alerts service. Source: the clock',
  event_time DateTime64(3, 'UTC') COMMENT 'Event time of the alert. Source: alerts.v1',
  fingerprint String COMMENT 'Fingerprint of the alert, hex. Source: alerts.v1',
  kind LowCardinality(String) COMMENT 'Kind of the alert. Source: alerts.v1',
  subject LowCardinality(String) COMMENT 'What it is about. Source: alerts.v1',
  severity LowCardinality(String) COMMENT 'Severity of the alert. Source: alerts.v1',
  state LowCardinality(String) COMMENT 'firing or resolved. Source: alerts.v1',
  channel LowCardinality(String) COMMENT 'email, slack or webhook; empty if it was kept back for all. Source: configuration',
  outcome LowCardinality(String) COMMENT 'delivered, failed, or why it was kept back. Source: the alerts service',
  attempts Int32 COMMENT 'Times it was tried. Source: the alerts service',
  detail String COMMENT 'What the channel answered, without secrets. Source: the channel',
  idempotence_key String COMMENT 'The same for every attempt of one alert through one channel. Source: the alerts service',
  alert_partition Int32 COMMENT 'Partition of the alert in alerts.v1. Source: the broker',
  alert_offset Int64 COMMENT 'Its offset there. Source: the broker',
  source_partition Int32 COMMENT 'Partition of alert-deliveries.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What became of each alert: delivered, given up or kept back';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  test_error Nullable(Float64) COMMENT 'RMSE or Brier score of the model on its test split. Source: model-versions.v1';

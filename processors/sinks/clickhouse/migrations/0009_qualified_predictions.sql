-- What a prediction says beside its number; empty, 0 or NULL in rows stored before it.

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  objective LowCardinality(String) DEFAULT 'regression' COMMENT 'regression or classification. Source: model-versions.v1';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  is_answer Bool DEFAULT true COMMENT 'Whether the routing answers with it for this instrument. Source: the server';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  probability Nullable(Float64) COMMENT 'Probability that the forward return is above 0, 0 to 1. Source: the server';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  confidence Nullable(Float64) COMMENT 'Probability of the predicted direction, 0 to 1. Source: the server';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  signal_strength Nullable(Float64) COMMENT 'Direction and strength, -1 to 1; 0 where it abstains. Source: the server';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  interval_low Nullable(Float64) COMMENT 'Lower end of the conformal interval, in percent. Source: outcomes.v1';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  interval_high Nullable(Float64) COMMENT 'Upper end of the conformal interval, in percent. Source: outcomes.v1';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  interval_coverage Nullable(Float64) COMMENT 'Share of outcomes the interval is to cover, 0 to 1. Source: configuration';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  interval_outcomes Int32 COMMENT 'Outcomes the interval was made from. Source: outcomes.v1';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  feature_age_ms Nullable(Int64) COMMENT 'Event time since the newest original candle behind the vector, in ms. Source: features.v1';

ALTER TABLE predictions ADD COLUMN IF NOT EXISTS
  abstain_reason LowCardinality(String) COMMENT 'stale_features, missing_inputs or novel_inputs; empty where nothing speaks against it. Source: the server';

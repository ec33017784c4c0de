-- Feature vectors and their labels. The columns of the features themselves, one Nullable(Float64)
-- each, are added from the list of feature sets at every start (feature-columns.ts).

CREATE TABLE IF NOT EXISTS features (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: features.v1',
  open_time DateTime64(3, 'UTC') COMMENT 'Start of the one-minute bar. Source: the gap-filled grid',
  event_time DateTime64(3, 'UTC') COMMENT 'Close of the bar: from here on the vector exists. Source: the gap-filled grid',
  close Float64 COMMENT 'Close of the bar, in price units. Source: the gap-filled grid',
  feature_set LowCardinality(String) COMMENT 'Feature set computed. Source: the feature registry',
  feature_set_fingerprint LowCardinality(String) COMMENT 'sha256 of that set, hex. Source: the feature registry',
  recent_returns Array(Nullable(Float64)) COMMENT 'The newest one-minute simple returns, newest first, as fractions. Source: the features processor',
  source_partition Int32 COMMENT 'Partition of features.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, open_time)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'One feature vector per bar of the gap-filled grid; NULL until warm and where a formula has no value';

CREATE TABLE IF NOT EXISTS examples (
  instrument LowCardinality(String) COMMENT 'Instrument name. Source: examples.v1',
  open_time DateTime64(3, 'UTC') COMMENT 'Start of the one-minute bar; join with features on instrument and open_time. Source: examples.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Close of the bar. Source: examples.v1',
  close Float64 COMMENT 'Close of the bar, in price units. Source: examples.v1',
  feature_set LowCardinality(String) COMMENT 'Feature set of its vector. Source: examples.v1',
  feature_set_fingerprint LowCardinality(String) COMMENT 'sha256 of that set, hex. Source: examples.v1',
  forward_return_30 Nullable(Float64) COMMENT 'Return over the next 30 bars, in percent; NULL if that bar is not on the grid. Source: the labels processor',
  label_time DateTime64(3, 'UTC') COMMENT 'Close of the bar the label is taken from. Source: the labels processor',
  source_partition Int32 COMMENT 'Partition of examples.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, open_time)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What came after each feature vector: the labels that models are trained on';

-- Training runs, and the stages and history of models.

CREATE TABLE IF NOT EXISTS training_requests (
  request_id String COMMENT 'Id of the request and of the run it leads to. Source: training-requests.v1',
  requested_at DateTime64(3, 'UTC') COMMENT 'When it was asked for, wall clock. Source: the requester',
  trigger LowCardinality(String) COMMENT 'manual, schedule, drift, degradation or start. Source: the requester',
  actor String COMMENT 'Component or person that asks. Source: the requester',
  reason String COMMENT 'Why, in words. Source: the requester',
  model_name LowCardinality(String) COMMENT 'Model name, for example forward_return_30. Source: the requester',
  objective LowCardinality(String) COMMENT 'regression or classification. Source: the requester',
  horizon_minutes Int32 COMMENT 'How far ahead to predict, in minutes. Source: the requester',
  feature_set LowCardinality(Nullable(String)) COMMENT 'Feature set; null is the configured one. Source: the requester',
  instrument LowCardinality(Nullable(String)) COMMENT 'Only examples of this instrument; null is all. Source: the requester',
  algorithms Array(String) COMMENT 'Algorithms to try; empty is all there are. Source: the requester',
  trials_wanted Nullable(Int64) COMMENT 'Trials asked for; null is as configured. Source: the requester',
  until Nullable(DateTime64(3, 'UTC')) COMMENT 'Only examples up to this event time. Source: the requester',
  source_partition Int32 COMMENT 'Partition of training-requests.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY request_id
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Training runs that were asked for';

CREATE TABLE IF NOT EXISTS training_runs (
  run_id String COMMENT 'Id of the run. Source: training-runs.v1',
  status LowCardinality(String) COMMENT 'queued, running, succeeded, failed, cancelled or refused. Source: the runner',
  trigger LowCardinality(String) COMMENT 'cli, start, manual, schedule, drift or degradation. Source: the requester',
  actor String COMMENT 'Component or person that asked. Source: the requester',
  reason String COMMENT 'Why it was asked for, in words. Source: the requester',
  model_name LowCardinality(String) COMMENT 'Model name, for example forward_return_30. Source: the requester',
  objective LowCardinality(String) COMMENT 'regression or classification. Source: the requester',
  horizon_minutes Int32 COMMENT 'How far ahead to predict, in minutes. Source: the requester',
  feature_set LowCardinality(Nullable(String)) COMMENT 'Feature set; null is the configured one. Source: the requester',
  instrument LowCardinality(Nullable(String)) COMMENT 'Only examples of this instrument; null is all. Source: the requester',
  algorithms Array(String) COMMENT 'Algorithms to try; empty is all there are. Source: the requester',
  trials_wanted Nullable(Int64) COMMENT 'Trials asked for; null is as configured. Source: the requester',
  until Nullable(DateTime64(3, 'UTC')) COMMENT 'Only examples up to this event time. Source: the requester',
  attempt Int32 COMMENT 'Number of the attempt, from 1; 0 before the first. Source: the runner',
  requested_at DateTime64(3, 'UTC') COMMENT 'When it was asked for, wall clock. Source: the requester',
  started_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When this attempt started, wall clock. Source: the runner',
  finished_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended for good, wall clock. Source: the runner',
  not_before Nullable(DateTime64(3, 'UTC')) COMMENT 'Not tried again before this time, wall clock. Source: the scheduler',
  updated_at DateTime64(3, 'UTC') COMMENT 'When this record was written, wall clock. Source: the runner',
  runner Nullable(String) COMMENT 'Host and process id that runs it. Source: the runner',
  stage LowCardinality(Nullable(String)) COMMENT 'What a running one does now. Source: the runner',
  done Int64 COMMENT 'How much of the stage is done. Source: the runner',
  total Int64 COMMENT 'How much there is of it. Source: the runner',
  message String COMMENT 'How it ended or stands, in words. Source: the runner',
  error_code LowCardinality(Nullable(String)) COMMENT 'Code of the error it failed with. Source: the runner',
  trials_made Int32 COMMENT 'Trials made so far, pruned ones included. Source: the trainer',
  seconds Nullable(Float64) COMMENT 'Time this and earlier attempts took, in seconds. Source: the runner',
  cpu_seconds Nullable(Float64) COMMENT 'Processor time they took, in CPU-seconds. Source: the runner',
  cost Nullable(Float64) COMMENT 'That at the configured price, in money. Source: the runner',
  peak_rss_bytes Nullable(Int64) COMMENT 'Most memory the training process held, in bytes. Source: the runner',
  dataset_rows Nullable(Int64) COMMENT 'Examples read. Source: the trainer',
  manifest_digest Nullable(String) COMMENT 'Digest of the manifest of the data set, hex. Source: the trainer',
  parameters Map(String, String) COMMENT 'Settings of the run. Source: the trainer',
  versions Array(String) COMMENT 'What it published, as name/version. Source: the trainer',
  selected Nullable(String) COMMENT 'The best of them, as name/version. Source: the trainer',
  alias LowCardinality(Nullable(String)) COMMENT 'Alias the best one got: champion or shadow. Source: the trainer',
  algorithm LowCardinality(Nullable(String)) COMMENT 'Algorithm of the best one. Source: the trainer',
  test_rmse Nullable(Float64) COMMENT 'RMSE of the best one on test, in percent return. Source: the trainer',
  test_zero_rmse Nullable(Float64) COMMENT 'RMSE of the zero-return forecast there, in percent return. Source: the trainer',
  out_of_time_rmse Nullable(Float64) COMMENT 'RMSE of the best one out of time, in percent return. Source: the trainer',
  out_of_time_zero_rmse Nullable(Float64) COMMENT 'RMSE of the zero-return forecast there, in percent return. Source: the trainer',
  gate_passed Nullable(Bool) COMMENT 'Whether the best one passed the gate. Source: the gate',
  reasons Array(String) COMMENT 'What was decided about the best one, in sentences. Source: the gate',
  folder Nullable(String) COMMENT 'Folder with its report, below the data directory of its runner. Source: the runner',
  code_version String COMMENT 'Version of the code that ran it. Source: package.json',
  source_partition Int32 COMMENT 'Partition of training-runs.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY run_id
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Training runs, where each stands now';

CREATE TABLE IF NOT EXISTS training_trials (
  run_id String COMMENT 'Run it belongs to. Source: training-trials.v1',
  model_name LowCardinality(String) COMMENT 'Model the run trains. Source: the trainer',
  algorithm LowCardinality(String) COMMENT 'Algorithm tried. Source: the trainer',
  number Int32 COMMENT 'Number of the trial within run and algorithm, from 0. Source: the search',
  stage LowCardinality(String) COMMENT 'coarse or fine. Source: the search',
  parameters Map(String, String) COMMENT 'What was tried. Source: the search',
  metric LowCardinality(String) COMMENT 'What value measures, for example validation_rmse. Source: the search',
  value Nullable(Float64) COMMENT 'The measure; null where the trial ended without one. Source: the trainer',
  zero_value Nullable(Float64) COMMENT 'The same measure of the zero-return forecast. Source: the trainer',
  rounds Int32 COMMENT 'Boosting rounds kept; 0 where there are none. Source: the trainer',
  pruned Bool COMMENT 'Whether it was stopped early as worse than the median. Source: the search',
  seconds Float64 COMMENT 'Time it took, in seconds. Source: the trainer',
  finished_at DateTime64(3, 'UTC') COMMENT 'When it ended, wall clock. Source: the trainer',
  source_partition Int32 COMMENT 'Partition of training-trials.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (run_id, algorithm, number)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every trial of every search';

CREATE TABLE IF NOT EXISTS model_events (
  model_name LowCardinality(String) COMMENT 'Model name. Source: model-events.v1',
  version String COMMENT 'Version it is about. Source: model-events.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Event time of the newest input known at the transition. Source: the emitter',
  decided_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was decided, wall clock; null where the emitter only reacted. Source: the emitter',
  kind LowCardinality(String) COMMENT 'published, staged, promoted, archived, rolled_back, aliased, unaliased, annotated, loaded, refused or retired. Source: the emitter',
  actor String COMMENT 'Component or person that did it. Source: the emitter',
  reason String COMMENT 'Why, in words. Source: the emitter',
  from_stage LowCardinality(Nullable(String)) COMMENT 'Stage before. Source: the emitter',
  to_stage LowCardinality(Nullable(String)) COMMENT 'Stage after. Source: the emitter',
  alias LowCardinality(Nullable(String)) COMMENT 'Alias it is about. Source: the emitter',
  weight Nullable(Float64) COMMENT 'Share of traffic of the alias after, 0 to 1. Source: the emitter',
  from_version Nullable(String) COMMENT 'Version the alias pointed to before. Source: the emitter',
  source_partition Int32 COMMENT 'Partition of model-events.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (model_name, source_offset)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every transition in the life of the models: the audit history';

ALTER TABLE model_versions ADD COLUMN IF NOT EXISTS
  stage LowCardinality(String) COMMENT 'none, staging, production or archived; empty where the row is of no stage. Source: model-versions.v1';

ALTER TABLE model_versions ADD COLUMN IF NOT EXISTS
  objective LowCardinality(String) COMMENT 'regression or classification; empty on an alias or a stage. Source: the trainer';

ALTER TABLE model_versions ADD COLUMN IF NOT EXISTS
  run_id String COMMENT 'Training run it came from; empty if unknown. Source: training-runs.v1';

ALTER TABLE model_versions ADD COLUMN IF NOT EXISTS
  gate_passed Nullable(Bool) COMMENT 'Whether it may become champion by itself. Source: the gate';

ALTER TABLE model_versions ADD COLUMN IF NOT EXISTS
  gate_reasons Array(String) COMMENT 'Why, one sentence per condition. Source: the gate';

ALTER TABLE model_versions ADD COLUMN IF NOT EXISTS
  manifest_digest String COMMENT 'Digest of the manifest of its data set, hex; empty if unknown. Source: the trainer';

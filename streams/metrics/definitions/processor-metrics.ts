/** Metrics of every processor and batch handler; labelled by its name, lags also by partition. */
import { counter, duration, gauge } from '../metric-definition.ts'

/** A transaction of 2,000 records takes some tens of milliseconds; a language model takes seconds. */
const TRANSACTION_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]
const RESTORE_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300]

export const PROCESSOR_METRICS = {
  records: counter('candlewire_processor_records_total', {
    help: 'Input records processed and committed.',
    unit: 'records',
    labels: ['processor'],
  }),
  outputs: counter('candlewire_processor_outputs_total', {
    help: 'Records published, dead letters among them, snapshots not.',
    unit: 'records',
    labels: ['processor'],
  }),
  sideRecords: counter('candlewire_processor_side_records_total', {
    help: 'Records of the side input taken, those of restores included.',
    unit: 'records',
    labels: ['processor'],
  }),
  commits: counter('candlewire_processor_commits_total', {
    help: 'Transactions committed.',
    labels: ['processor'],
  }),
  deadLetters: counter('candlewire_processor_dead_letters_total', {
    help: 'Records that became dead letters, by error code (docs/errors.md).',
    unit: 'records',
    labels: ['processor', 'code'],
  }),
  stepSeconds: duration('candlewire_processor_step_seconds', TRANSACTION_SECONDS, {
    help: 'Time of a transaction before its commit: side input, decoding, steps, outside work.',
    labels: ['processor'],
  }),
  commitSeconds: duration('candlewire_processor_commit_seconds', TRANSACTION_SECONDS, {
    help: 'Time to send outputs, snapshots and offsets of a transaction and commit it.',
    labels: ['processor'],
  }),
  restoreSeconds: duration('candlewire_processor_restore_seconds', RESTORE_SECONDS, {
    help: 'Time to open a partition: fence, read the snapshots, re-apply the input behind them.',
    labels: ['processor'],
  }),
  reapplied: counter('candlewire_processor_reapplied_total', {
    help: 'Input records applied again at restores, without publishing.',
    unit: 'records',
    labels: ['processor'],
  }),
  snapshots: counter('candlewire_processor_snapshots_total', {
    help: 'States of keys written as snapshots.',
    labels: ['processor'],
  }),
  snapshotBytes: counter('candlewire_processor_snapshot_bytes_total', {
    help: 'Serialized bytes of those states.',
    unit: 'bytes',
    labels: ['processor'],
  }),
  failures: counter('candlewire_processor_failures_total', {
    help: 'Batches that failed, after which state was dropped and restored: `fenced` by a newer owner, `rebalance`, an error code, or `other`.',
    labels: ['processor', 'reason'],
  }),
  partitions: gauge('candlewire_processor_partitions', {
    help: 'Partitions this process has open.',
    labels: ['processor'],
  }),
  lagRecords: gauge('candlewire_processor_lag_records', {
    help: 'Records before the last stable offset that are not processed. Exact up to 16 offsets; beyond that the difference of offsets, commit markers included.',
    unit: 'records',
    labels: ['processor', 'partition'],
  }),
  eventTimeLag: gauge('candlewire_processor_event_time_lag_seconds', {
    help: 'Event time of the newest record of the input less that of the newest one processed; 0 when all is processed. Independent of the clock, so it holds for replayed history too.',
    unit: 'seconds',
    labels: ['processor', 'partition'],
  }),
  eventTime: gauge('candlewire_processor_event_time_seconds', {
    help: 'Newest event time processed, Unix time. `time()` less this is how old the output of a live pipeline is.',
    unit: 'seconds',
    labels: ['processor', 'partition'],
  }),
} as const

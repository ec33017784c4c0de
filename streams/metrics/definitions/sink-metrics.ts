/** Metrics of the sinks: ClickHouse (history) and Redis (online). */
import { counter, duration, gauge } from '../metric-definition.ts'

const WRITE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]

export const SINK_METRICS = {
  rows: counter('candlewire_sink_rows_total', {
    help: 'Rows stored in ClickHouse, records read for Redis.',
    unit: 'records',
    labels: ['sink', 'topic'],
  }),
  writes: counter('candlewire_sink_writes_total', {
    help: 'Batches written: inserts into ClickHouse, pipelines to Redis.',
    labels: ['sink', 'topic'],
  }),
  writeSeconds: duration('candlewire_sink_write_seconds', WRITE_SECONDS, {
    help: 'Time of such a batch, repeated attempts included.',
    labels: ['sink'],
  }),
  retries: counter('candlewire_sink_retries_total', {
    help: 'Requests to the store that failed and were repeated.',
    labels: ['sink'],
  }),
  deadLetters: counter('candlewire_sink_dead_letters_total', {
    help: 'Records that could not be decoded and became dead letters.',
    unit: 'records',
    labels: ['sink'],
  }),
  rebuilds: counter('candlewire_sink_rebuilds_total', {
    help: 'Times a store was found emptied while the sink ran, and filled again.',
    labels: ['sink'],
  }),
  lagRecords: gauge('candlewire_sink_lag_records', {
    help: 'Records before the last stable offset that are not stored, over the partitions of this process. Counted as `candlewire_processor_lag_records`.',
    unit: 'records',
    labels: ['sink', 'topic'],
  }),
  eventTimeLag: gauge('candlewire_sink_event_time_lag_seconds', {
    help: 'Largest event-time lag of its partitions: newest record of the topic less newest one taken over; 0 when all is stored.',
    unit: 'seconds',
    labels: ['sink', 'topic'],
  }),
} as const

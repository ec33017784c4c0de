/** The stream: how fast it flows, how far each part is behind, what was refused. */
import { chart, prom, sql, stat, table, type Board } from '../panel-kit.ts'

const p99 = (name: string, by: string) =>
  `histogram_quantile(0.99, sum by (le, ${by}) (rate(${name}_bucket[$__rate_interval])))`

const rate = (name: string, by: string) => `sum by (${by}) (rate(${name}[$__rate_interval]))`

export const pipelineBoard: Board = {
  name: 'pipeline',
  title: 'Candlewire: pipeline and lag',
  about: 'Sources, processors and sinks: rate, errors, duration, lag in records and in event time.',
  panels: [
    stat(
      { title: 'Services', about: 'Services that answer.' },
      prom('sum(up{job="candlewire"})', 'up'),
    ),
    stat(
      { title: 'Largest event-time lag', about: 'Of all processors.', unit: 's', width: 5 },
      prom('max(candlewire_processor_event_time_lag_seconds)', 'lag'),
    ),
    stat(
      {
        title: 'Records to go',
        about: 'Of all processors, before the last stable offset.',
        width: 5,
      },
      prom('sum(candlewire_processor_lag_records)', 'records'),
    ),
    stat(
      { title: 'Dead letters', about: 'In ten minutes.', width: 5 },
      prom('candlewire:dead_letters:increase10m', 'records'),
    ),
    stat(
      {
        title: 'Age of the newest vector',
        about: 'Clock less event time; of a replay it is years.',
        unit: 's',
        width: 5,
      },
      prom('time() - max(candlewire_processor_event_time_seconds{processor="features"})', 'age'),
    ),
    chart(
      { title: 'Records a second', about: 'Input records of each processor.' },
      prom(
        'sum by (processor) (rate(candlewire_processor_records_total[$__rate_interval]))',
        '{{processor}}',
      ),
    ),
    chart(
      {
        title: 'Event-time lag',
        about: 'Newest record of the input less newest one processed.',
        unit: 's',
      },
      prom('max by (processor) (candlewire_processor_event_time_lag_seconds)', '{{processor}}'),
    ),
    chart(
      { title: 'Records behind', about: 'Before the last stable offset, over all partitions.' },
      prom('sum by (processor) (candlewire_processor_lag_records)', '{{processor}}'),
      prom('sum by (sink) (candlewire_sink_lag_records)', 'sink {{sink}}'),
    ),
    chart(
      {
        title: 'Step and commit, p99',
        about: 'Of one transaction, before and in its commit.',
        unit: 's',
      },
      prom(p99('candlewire_processor_step_seconds', 'processor'), '{{processor}} step'),
      prom(p99('candlewire_processor_commit_seconds', 'processor'), '{{processor}} commit'),
    ),
    chart(
      { title: 'Failures', about: 'Batches that failed and were repeated, a minute, by reason.' },
      prom(
        'sum by (processor, reason) (rate(candlewire_processor_failures_total[5m])) * 60',
        '{{processor}} {{reason}}',
      ),
    ),
    chart(
      {
        title: 'Restores and snapshots',
        about: 'Mean time to open a partition, and bytes of snapshots a second.',
      },
      prom(
        'sum by (processor) (candlewire_processor_restore_seconds_sum) / sum by (processor) (candlewire_processor_restore_seconds_count)',
        '{{processor}} restore s',
      ),
      prom(
        'sum by (processor) (rate(candlewire_processor_snapshot_bytes_total[$__rate_interval]))',
        '{{processor}} bytes/s',
      ),
    ),
    chart(
      { title: 'Rows stored a second', about: 'By store and topic.' },
      prom(
        'sum by (sink, topic) (rate(candlewire_sink_rows_total[$__rate_interval]))',
        '{{sink}} {{topic}}',
      ),
    ),
    chart(
      {
        title: 'Event-time lag of the sinks',
        about: 'Largest of the partitions of a topic.',
        unit: 's',
      },
      prom('max by (sink, topic) (candlewire_sink_event_time_lag_seconds)', '{{sink}} {{topic}}'),
    ),
    chart(
      {
        title: 'Writes, p99, and retries',
        about: 'Time of a batch, and requests a second that were repeated.',
      },
      prom(p99('candlewire_sink_write_seconds', 'sink'), '{{sink}} s'),
      prom(
        'sum by (sink) (rate(candlewire_sink_retries_total[$__rate_interval]))',
        '{{sink}} retries',
      ),
    ),
    chart(
      { title: 'Sources', about: 'Records committed a second.' },
      prom(
        'sum by (source, topic) (rate(candlewire_source_records_total[$__rate_interval]))',
        '{{source}} {{topic}}',
      ),
    ),
    chart(
      {
        title: 'Published a second',
        about: 'Records put out, and records of side inputs taken in.',
      },
      prom(rate('candlewire_processor_outputs_total', 'processor'), '{{processor}}'),
      prom(
        rate('candlewire_processor_side_records_total', 'processor'),
        '{{processor}} side input',
      ),
    ),
    chart(
      {
        title: 'Transactions and snapshots a second',
        about: 'Commits, and states of keys written as snapshots.',
      },
      prom(rate('candlewire_processor_commits_total', 'processor'), '{{processor}} commits'),
      prom(rate('candlewire_processor_snapshots_total', 'processor'), '{{processor}} snapshots'),
    ),
    chart(
      {
        title: 'Partitions open',
        about: 'Over all processes of a processor; and records applied again at restores.',
      },
      prom('sum by (processor) (candlewire_processor_partitions)', '{{processor}}'),
      prom('sum by (processor) (candlewire_processor_reapplied_total)', '{{processor}} re-applied'),
    ),
    chart(
      {
        title: 'Batches stored a second',
        about: 'Inserts into ClickHouse, pipelines to Redis, and stores that were found emptied.',
      },
      prom(rate('candlewire_sink_writes_total', 'sink'), '{{sink}}'),
      prom('sum by (sink) (candlewire_sink_rebuilds_total)', '{{sink}} rebuilds'),
    ),
    chart(
      {
        title: 'Age of the newest record of a source',
        about: 'Clock less event time; of a replay it is years.',
        unit: 's',
      },
      prom(
        'time() - max by (source, topic) (candlewire_source_event_time_seconds)',
        '{{source}} {{topic}}',
      ),
    ),
    chart(
      { title: 'Restarts', about: 'Ends of service processes in 15 minutes.' },
      prom('changes(process_start_time_seconds{job="candlewire"}[15m])', '{{service}}'),
    ),
    table(
      { title: 'Alerts', about: 'The newest alerts and what became of them.' },
      sql(
        `SELECT event_time, severity, state, kind, subject, message, value, threshold, runbook FROM alerts FINAL ORDER BY event_time DESC LIMIT 50`,
        'table',
      ),
    ),
    table(
      { title: 'Deliveries', about: 'Where alerts were sent, and how that went.' },
      sql(
        `SELECT sent_at, kind, subject, severity, state, channel, outcome, attempts, detail FROM alert_deliveries FINAL ORDER BY sent_at DESC LIMIT 50`,
        'table',
      ),
    ),
    table(
      { title: 'Dead letters by cause', about: 'All there are, with one example each.' },
      sql(
        `SELECT original_topic, code, count() AS records, any(cause) AS example FROM dead_letters FINAL GROUP BY original_topic, code ORDER BY records DESC LIMIT 50`,
        'table',
      ),
    ),
  ],
}

/** Drift: whether what models read is what they were trained on. */
import {
  chart,
  INSTRUMENT_CHOICE,
  ofInstrument,
  prom,
  sql,
  stat,
  table,
  type Board,
} from '../panel-kit.ts'

export const driftBoard: Board = {
  name: 'drift',
  title: 'Candlewire: drift',
  about: 'Distributions of features and predictions against the training data of the live model.',
  choices: INSTRUMENT_CHOICE,
  panels: [
    stat(
      { title: 'Drift', about: '1 where the verdict is drift.', width: 8 },
      prom('candlewire_drift_detected', '{{instrument}} {{model}}'),
    ),
    stat(
      { title: 'Drifted features', about: 'How many, by instrument.', width: 8 },
      prom('candlewire_drift_features', '{{instrument}} {{model}}'),
    ),
    stat(
      {
        title: 'Share of features',
        about: 'That drifted; an alert fires above 30 %.',
        unit: 'percentunit',
        width: 8,
      },
      prom('candlewire_drift_share_ratio', '{{instrument}} {{model}}'),
    ),
    chart(
      {
        title: 'Share of features that drifted',
        about: 'By instrument; the limit is 30 %.',
        unit: 'percentunit',
        max: 1,
      },
      prom('candlewire_drift_share_ratio', '{{instrument}} {{model}}'),
    ),
    chart(
      { title: 'Largest measure', about: 'Over the features of an instrument, by measure.' },
      prom('candlewire_drift_measure', '{{instrument}} {{measure}}'),
    ),
    chart(
      {
        title: 'Drift over time',
        about: 'Share of drifted features and mean KS distance of one instrument.',
      },
      sql(
        `SELECT event_time AS time, model_name, drift_share, mean_ks FROM drift_summaries FINAL WHERE ${ofInstrument('event_time')} ORDER BY time`,
      ),
    ),
    table(
      {
        title: 'Verdicts',
        about:
          'Newest verdicts: health, the feature they come from, and the false alarms a day that the calibration promises at most.',
      },
      sql(
        `SELECT event_time, model_name, model_version, health, mode, drift_detected, drifted_features, features, worst_feature, worst_measure,
          worst_value, worst_threshold, expected_false_alarms_per_day, alarms
        FROM drift_summaries FINAL WHERE ${ofInstrument('event_time')} ORDER BY event_time DESC LIMIT 50`,
        'table',
      ),
    ),
    table(
      {
        title: 'Features',
        about: 'Of the newest report: measures of every feature, largest KS distance first.',
      },
      sql(
        `SELECT f.1 AS feature, f.2 AS ks, f.3 AS ks_threshold, f.4 AS psi, f.5 AS missing, f.6 AS out_of_range, f.7 AS drifted
        FROM (SELECT arrayJoin(arrayZip(feature, ks, ks_threshold, psi, missing, out_of_range, drifted)) AS f FROM (
          SELECT * FROM drift_summaries FINAL WHERE ${ofInstrument('event_time')} AND is_report ORDER BY event_time DESC LIMIT 1))
        ORDER BY ks DESC LIMIT 200`,
        'table',
      ),
    ),
    table(
      {
        title: 'Changes',
        about:
          'When a measure of a feature, of the prediction, the label or the residual passed its threshold, and back.',
      },
      sql(
        `SELECT event_time, feature, measure, value, threshold, drifted, model_name, model_version FROM drift FINAL
        WHERE ${ofInstrument('event_time')} ORDER BY event_time DESC LIMIT 100`,
        'table',
      ),
    ),
    chart(
      {
        title: 'Skew: values compared a second',
        about: 'With those of the second path, by the store that serves them, and those left out.',
      },
      prom('sum by (store) (rate(candlewire_skew_compared_total[$__rate_interval]))', '{{store}}'),
      prom(
        'sum by (reason) (rate(candlewire_skew_not_comparable_total[$__rate_interval]))',
        'left out: {{reason}}',
      ),
    ),
    chart(
      {
        title: 'Skew: values that differ',
        about: 'In an hour, by the store that serves them; must stay 0.',
      },
      prom('sum by (store) (increase(candlewire_skew_different_total[1h]))', '{{store}}'),
    ),
    stat(
      {
        title: 'Skew: behind the newest vector',
        about: 'Event time of the newest vector less that of the newest bar compared.',
        unit: 's',
        width: 8,
      },
      prom(
        'max(candlewire_processor_event_time_seconds{processor="features"}) - max(candlewire_skew_position_timestamp_seconds)',
        'behind',
      ),
    ),
  ],
}

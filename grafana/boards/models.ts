/** Models: what they promised, what they keep, and how they came to be live. */
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

/** Predictions joined with what came, of the instrument and time shown. */
const JOINED = `(SELECT * FROM predictions FINAL WHERE ${ofInstrument('open_time')} AND objective = 'regression' AND horizon_minutes = 30) AS p
  INNER JOIN (SELECT * FROM examples FINAL WHERE ${ofInstrument('open_time')}) AS e ON p.instrument = e.instrument AND p.open_time = e.open_time
  WHERE e.forward_return_30 IS NOT NULL`

export const modelsBoard: Board = {
  name: 'models',
  title: 'Candlewire: model quality and versions',
  about:
    'Errors of live models against their own test and the zero forecast, versions, runs, transitions.',
  choices: INSTRUMENT_CHOICE,
  panels: [
    stat(
      { title: 'Live model', about: 'Versions that servers have live.', width: 8 },
      prom('candlewire_model_info', '{{model}} {{version}} ({{algorithm}})'),
    ),
    stat(
      {
        title: 'Training',
        about: 'Of the newest run: 0 none, 1 running, 2 done, 3 failed, 4 cancelled.',
      },
      prom('training_status', 'status'),
    ),
    stat(
      { title: 'Last test MSE', about: 'Of the version published last, percent return squared.' },
      prom('training_mse_last', 'MSE'),
    ),
    stat(
      { title: 'Training took', about: 'Time of the newest finished run.', unit: 's' },
      prom('training_duration_seconds', 'seconds'),
    ),
    stat(
      {
        title: 'Swaps and refusals',
        about: 'Models put live, and those that failed verification.',
      },
      prom('sum(candlewire_model_swaps_total)', 'swaps'),
      prom('sum(candlewire_model_refused_total) or vector(0)', 'refused'),
    ),
    table(
      {
        title: 'Live error by version',
        about:
          'RMSE in percent return of matured predictions, beside the zero forecast on the same bars.',
        width: 12,
      },
      sql(
        `SELECT p.model_name AS model, p.model_version AS version, p.role AS role, count() AS rows,
          sqrt(avg(pow(p.predicted_return - e.forward_return_30, 2))) AS rmse, sqrt(avg(pow(e.forward_return_30, 2))) AS zero_rmse,
          avg(p.predicted_return - e.forward_return_30) AS bias,
          avg(if(e.forward_return_30 = 0, NULL, sign(p.predicted_return) = sign(e.forward_return_30))) AS direction_right
        FROM ${JOINED} GROUP BY model, version, role ORDER BY version`,
        'table',
      ),
    ),
    chart(
      {
        title: 'Live error by hour',
        about: 'RMSE in percent return of the predictions of each hour and of the zero forecast.',
      },
      sql(
        `SELECT toStartOfHour(p.open_time) AS time, sqrt(avg(pow(p.predicted_return - e.forward_return_30, 2))) AS rmse,
          sqrt(avg(pow(e.forward_return_30, 2))) AS zero_rmse FROM ${JOINED} GROUP BY time ORDER BY time`,
      ),
    ),
    table(
      {
        title: 'Versions',
        about:
          'Every published version: errors on test, in percent return, and whether it beats the zero forecast there.',
        width: 24,
      },
      sql(
        `SELECT model_name, version, algorithm, horizon_minutes, feature_set, beats_zero_forecast,
          arrayElement(\`metrics.rmse\`, indexOf(\`metrics.split\`, 'test')) AS test_rmse,
          arrayElement(\`metrics.zero_rmse\`, indexOf(\`metrics.split\`, 'test')) AS test_zero_rmse, dataset_rows, trained_until
        FROM model_versions FINAL WHERE kind = 'version' ORDER BY source_offset DESC LIMIT 100`,
        'table',
      ),
    ),
    table(
      { title: 'Transitions', about: 'What happened to models, when, by whom and why.' },
      sql(
        `SELECT event_time, model_name, version, kind, from_stage, to_stage, alias, actor, reason FROM model_events FINAL ORDER BY source_offset DESC LIMIT 100`,
        'table',
      ),
    ),
    table(
      {
        title: 'Training runs',
        about: 'Where each run stands, with the errors of its best model beside the zero forecast.',
      },
      sql(
        `SELECT requested_at, status, trigger, model_name, seconds, trials_made, selected, alias, test_rmse, test_zero_rmse,
          out_of_time_rmse, out_of_time_zero_rmse, gate_passed, message FROM training_runs FINAL ORDER BY requested_at DESC LIMIT 100`,
        'table',
      ),
    ),
    table(
      {
        title: 'Rolling quality',
        about:
          'Newest windows of an hour, a day and a week: errors in percent return beside the zero forecast, Brier score beside one half, coverage of the intervals.',
        width: 24,
      },
      sql(
        `SELECT model_name, model_version, role, window_minutes, event_time, outcomes, rmse, zero_rmse, test_error, mae, bias,
          directional_accuracy, up_share, brier, zero_brier, calibration_error, coverage, coverage_expected
        FROM model_quality FINAL WHERE ${ofInstrument('event_time')} ORDER BY event_time DESC, model_name, window_minutes LIMIT 30`,
        'table',
      ),
    ),
    chart(
      {
        title: 'RMSE over a day',
        about: 'Of each version in percent return, and of the zero forecast on the same outcomes.',
      },
      sql(
        `SELECT event_time AS time, concat(model_name, ' ', model_version) AS model, max(rmse) AS rmse, max(zero_rmse) AS zero_rmse, max(test_error) AS test
        FROM model_quality FINAL WHERE ${ofInstrument('event_time')} AND window_minutes = 1440 AND objective = 'regression' GROUP BY time, model ORDER BY time`,
      ),
    ),
    chart(
      {
        title: 'Error without labels',
        about:
          'Estimated error of the predictions that have no outcome yet, and the error that came, over the newest hour.',
      },
      sql(
        `SELECT event_time AS time, concat(model_name, ' ', model_version) AS model, max(estimated_error) AS estimated, max(coalesce(rmse, sqrt(brier))) AS came
        FROM model_quality FINAL WHERE ${ofInstrument('event_time')} AND window_minutes = 60 GROUP BY time, model ORDER BY time`,
      ),
    ),
    table(
      {
        title: 'Error of the estimate',
        about:
          'Mean absolute error of past estimates, beside taking the newest matured hour or the test error instead.',
      },
      sql(
        `SELECT model_name, model_version, argMax(estimate_mae, event_time) AS estimate, argMax(naive_estimate_mae, event_time) AS newest_hour,
          argMax(constant_estimate_mae, event_time) AS test_error, max(estimates_judged) AS judged
        FROM model_quality FINAL WHERE ${ofInstrument('event_time')} AND window_minutes = 60 GROUP BY model_name, model_version`,
        'table',
      ),
    ),
    table(
      {
        title: 'Outcomes',
        about: 'What became of predictions: realised, or why that cannot be known.',
      },
      sql(
        `SELECT model_name, model_version, role, status, count() AS predictions FROM outcomes FINAL WHERE ${ofInstrument('open_time')}
        GROUP BY model_name, model_version, role, status ORDER BY predictions DESC LIMIT 50`,
        'table',
      ),
    ),
    chart(
      {
        title: 'Rolling RMSE',
        about: 'In percent return over an hour, a day and a week, of model and zero forecast.',
      },
      prom('candlewire_model_rmse', '{{model}} {{version}} {{instrument}} {{window}}'),
      prom('candlewire_model_zero_rmse', 'zero forecast {{instrument}} {{window}}'),
    ),
    chart(
      {
        title: 'Rolling RMSE against the test',
        about: 'Over a day, divided by that of the own test; an alert fires above 1.2.',
      },
      prom(
        'candlewire_model_rmse{window="1d"} / on (model, version) group_left () candlewire_model_test_rmse',
        '{{model}} {{version}} {{instrument}}',
      ),
    ),
    chart(
      {
        title: 'Rolling MAE and bias',
        about: 'In percent return, over a day; bias is prediction less outcome.',
      },
      prom('candlewire_model_mae{window="1d"}', '{{model}} {{version}} {{instrument}} MAE'),
      prom('candlewire_model_bias{window="1d"}', '{{model}} {{version}} {{instrument}} bias'),
    ),
    chart(
      { title: 'Direction right', about: 'Share over a day; half is chance.', unit: 'percentunit' },
      prom(
        'candlewire_model_directional_accuracy_ratio{window="1d"}',
        '{{model}} {{version}} {{instrument}}',
      ),
    ),
  ],
}

/** The market and what was predicted of it; prices and returns from the history. */
import { chart, INSTRUMENT_CHOICE, ofInstrument, sql, table, type Board } from '../panel-kit.ts'

export const marketBoard: Board = {
  name: 'market',
  title: 'Candlewire: market and prediction',
  about: 'Candles, news, features and predictions of one instrument, beside what came.',
  choices: INSTRUMENT_CHOICE,
  panels: [
    chart(
      {
        title: 'Close',
        about: 'Candles as produced, in price units; absent minutes are absent.',
        width: 16,
      },
      sql(
        `SELECT open_time AS time, close FROM candles FINAL WHERE ${ofInstrument('open_time')} ORDER BY time`,
      ),
    ),
    table(
      {
        title: 'Models',
        about:
          'Published model versions, newest first; errors in percent return beside the zero-return forecast.',
        width: 8,
      },
      sql(
        `SELECT model_name, version, algorithm, arrayElement(\`metrics.rmse\`, indexOf(\`metrics.split\`, 'test')) AS test_rmse,
          arrayElement(\`metrics.zero_rmse\`, indexOf(\`metrics.split\`, 'test')) AS test_zero_rmse, dataset_rows, trained_until
        FROM model_versions FINAL WHERE kind = 'version' ORDER BY source_offset DESC LIMIT 10`,
        'table',
      ),
    ),
    chart(
      {
        title: 'Predicted and realised return over 30 minutes',
        about:
          'In percent; every prediction is out of sample, the outcome follows half an hour later.',
      },
      sql(
        `SELECT open_time AS time, predicted_return AS predicted FROM predictions FINAL
        WHERE ${ofInstrument('open_time')} AND is_answer AND objective = 'regression' AND horizon_minutes = 30 ORDER BY time`,
      ),
      sql(
        `SELECT open_time AS time, forward_return_30 AS realised FROM examples FINAL WHERE ${ofInstrument('open_time')} ORDER BY time`,
      ),
    ),
    chart(
      {
        title: 'Interval of the prediction',
        about: 'Conformal interval in percent; absent until outcomes enough have come to make one.',
      },
      sql(
        `SELECT open_time AS time, interval_low AS low, predicted_return AS predicted, interval_high AS high FROM predictions FINAL
        WHERE ${ofInstrument('open_time')} AND is_answer AND objective = 'regression' AND horizon_minutes = 30 ORDER BY time`,
      ),
    ),
    chart(
      {
        title: 'Predictions an hour by role',
        about:
          'Predictions of each role: champion, challenger or shadow; those of a shadow are flagged wherever they are shown.',
      },
      sql(
        `SELECT toStartOfHour(open_time) AS time, role, count() AS predictions FROM predictions FINAL
        WHERE ${ofInstrument('open_time')} GROUP BY time, role ORDER BY time`,
      ),
    ),
    table(
      {
        title: 'Abstentions',
        about:
          'Predictions that say nobody should act on them, by reason; an empty reason is none.',
      },
      sql(
        `SELECT model_name, model_version, abstain_reason, count() AS predictions FROM predictions FINAL
        WHERE ${ofInstrument('open_time')} GROUP BY model_name, model_version, abstain_reason ORDER BY predictions DESC LIMIT 50`,
        'table',
      ),
    ),
    chart(
      {
        title: 'RSI and volatility',
        about: 'Two of the features, as the stream made them; docs/features.md has their units.',
      },
      sql(
        `SELECT open_time AS time, rsi_14, volatility_20 FROM features FINAL WHERE ${ofInstrument('open_time')} ORDER BY time`,
      ),
    ),
    chart(
      {
        title: 'Sentiment of the news',
        about: 'Score of each article about the instrument, -1 to 1, when it became available.',
      },
      sql(
        `SELECT available_at AS time, score FROM sentiment FINAL WHERE ${ofInstrument('available_at')} ORDER BY time`,
      ),
    ),
    table(
      {
        title: 'News',
        about: 'The newest articles with their scores.',
        width: 24,
      },
      sql(
        `SELECT available_at, source, title, score, confidence, model FROM sentiment FINAL
        WHERE ${ofInstrument('available_at')} ORDER BY available_at DESC LIMIT 50`,
        'table',
      ),
    ),
  ],
}

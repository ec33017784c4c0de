/** Counts what a run came to, in ClickHouse. */
import {
  countRows,
  liveQuality,
  type CountedTable,
} from '../../processors/sinks/clickhouse/counts.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { countGridBars } from './count-grid-bars.ts'
import type { InputCounts, MarketInput } from './market-input.ts'
import { countSentiment } from './count-sentiment.ts'
import type { LiveModel } from './live-model.ts'
import type { Rates } from './rates.ts'
import type { RunContext } from './run-context.ts'
import { describeModel, type SourceCounts, type Summary } from './summary.ts'

const LATE_SQL = `
  SELECT count() AS rows FROM dead_letters FINAL
  WHERE original_topic = 'candles.v1' AND code = 'CANDLE_LATE'
    AND JSONExtractString(original_bytes, 'instrument') = {instrument:String}`

const LABELLED_60_SQL = `
  SELECT count() AS rows FROM examples FINAL
  WHERE instrument = {instrument:String} AND forward_return_60 IS NOT NULL`

/** What the stores do not tell. */
export interface RunFacts {
  readonly model: LiveModel
  /** Why articles are not scored; undefined if there is a sentiment model. */
  readonly noModel: string | undefined
  readonly rates: Rates
}

export async function countRun(
  context: RunContext,
  input: MarketInput,
  { model, noModel, rates }: RunFacts,
): Promise<Summary> {
  const { store, config, startedAtMs } = context
  const { instrument } = input
  const count = (table: CountedTable) => countRows(store, table, instrument)
  const counts = input.counts()
  const seconds = (Date.now() - startedAtMs) / 1000
  const featureRows = await count('features')
  const settings = configuredInstruments(config).settingsOf(instrument)
  return {
    instrument,
    simulated: input.simulated,
    candles: sourceCounts(counts.candles, await count('candles')),
    lateCandles: await one(store, LATE_SQL, { instrument }, 'rows'),
    news: sourceCounts(counts.news, await count('news')),
    sentiment: await countSentiment(context, instrument, noModel),
    gridBars: await countGridBars(store, instrument, settings),
    features: { rows: featureRows },
    examples: {
      rows: await count('examples'),
      labelled60: await one(store, LABELLED_60_SQL, { instrument }, 'rows'),
    },
    model: describeModel(model),
    predictions: await count('predictions'),
    live: await liveQuality(store, instrument, model.version.modelName, model.role),
    rates: rates.perSecond,
    seconds,
  }
}

function sourceCounts(
  { taken, deadLettered, takenThisRun }: InputCounts,
  stored: number,
): SourceCounts {
  return {
    produced: taken,
    stored,
    deadLettered,
    duplicates: Math.max(0, taken - deadLettered - stored),
    producedThisRun: takenThisRun,
  }
}

async function one(
  store: ClickHouse,
  sql: string,
  parameters: Record<string, string | number>,
  column: string,
): Promise<number> {
  const [row] = await store.query<Record<string, number | string>>(sql, parameters)
  return Number(row?.[column] ?? 0)
}

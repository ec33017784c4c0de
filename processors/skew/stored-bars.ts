/** What the skew check reads from ClickHouse: candles in order of time, and the features of bars. */
import type { Candle } from '../../schemas/generated.ts'
import { EVERYTHING, kindOf } from '../features/feature-sets.ts'
import type { ClickHouse } from '../sinks/clickhouse/client.ts'
import type { StoredBar } from './compare-bars.ts'

/** Times of a row of the tables, in ms. */
const OPEN_MS = 'toUnixTimestamp64Milli(open_time)'
const time = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64})`

export interface StoredCandle {
  readonly candle: Candle
  /** In candles.v1. */
  readonly offset: number
}

type Store = Pick<ClickHouse, 'query'>

/** Instruments that have features. */
export async function storedInstruments(store: Store): Promise<string[]> {
  const rows = await store.query<{ instrument: string }>(
    'SELECT DISTINCT instrument FROM features ORDER BY instrument',
  )
  return rows.map(({ instrument }) => instrument)
}

/** Open time of the newest bar that has features; -Infinity without any. */
export async function newestBarMs(store: Store, instrument: string): Promise<number> {
  const [row] = await store.query<{ rows: number; newest: number }>(
    `SELECT count() AS rows, max(${OPEN_MS}) AS newest FROM features WHERE instrument = {instrument:String}`,
    { instrument },
  )
  return row === undefined || Number(row.rows) === 0 ? -Infinity : Number(row.newest)
}

/** Candles after one time and up to another, oldest first, at most `limit`. */
export async function candlesAfter(
  store: Store,
  span: { instrument: string; afterMs: number; untilMs: number; limit: number },
): Promise<StoredCandle[]> {
  const rows = await store.query<Candle & { offset: number }>(
    `SELECT instrument, ${OPEN_MS} AS openTimeMs, open, high, low, close, volume,
       bid_close AS bidClose, ask_close AS askClose, bid_size AS bidSize, ask_size AS askSize,
       source, source_line AS sourceLine, source_offset AS offset
     FROM candles FINAL
     WHERE instrument = {instrument:String} AND open_time > ${time('after')} AND open_time <= ${time('until')}
     ORDER BY open_time LIMIT {limit:UInt32}`,
    {
      instrument: span.instrument,
      after: Math.max(span.afterMs, -1),
      until: span.untilMs,
      limit: span.limit,
    },
  )
  return rows.map(({ offset, openTimeMs, ...row }) => ({
    candle: { ...row, openTimeMs: Number(openTimeMs) },
    offset: Number(offset),
  }))
}

/** Features of the bars of a span, both ends included, by open time. */
export async function barsBetween(
  store: Store,
  span: { instrument: string; fromMs: number; toMs: number },
): Promise<Map<number, StoredBar>> {
  const rows = await store.query<Record<string, number | string | null>>(
    `SELECT *, ${OPEN_MS} AS openTimeMs FROM features FINAL
     WHERE instrument = {instrument:String} AND open_time >= ${time('from')} AND open_time <= ${time('to')}`,
    { instrument: span.instrument, from: span.fromMs, to: span.toMs },
  )
  return new Map(
    rows.map((row) => [
      Number(row['openTimeMs']),
      {
        featureSetFingerprint: String(row['feature_set_fingerprint']),
        values: Object.fromEntries(
          EVERYTHING.features.map((name) => [
            name,
            kindOf(name) === 'time' ? msOf(row[name]) : (row[name] ?? null),
          ]),
        ),
      },
    ]),
  )
}

/** ClickHouse answers times as text without a zone. */
function msOf(value: number | string | null | undefined): number | string | null {
  return typeof value === 'string' ? Date.parse(`${value.replace(' ', 'T')}Z`) : (value ?? null)
}

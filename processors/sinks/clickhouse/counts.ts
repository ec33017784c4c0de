/** What the stored history amounts to: rows by table, and how good the live predictions were. */
import type { ClickHouse } from './client.ts'

export type CountedTable =
  | 'candles'
  | 'news'
  | 'sentiment'
  | 'news_duplicates'
  | 'features'
  | 'examples'
  | 'predictions'
  | 'model_versions'
  | 'dead_letters'

/** How a table is restricted to one instrument; tables without one count as a whole. */
const INSTRUMENT_FILTER: Partial<Record<CountedTable, string>> = {
  candles: 'instrument = {instrument:String}',
  features: 'instrument = {instrument:String}',
  examples: 'instrument = {instrument:String}',
  predictions: 'instrument = {instrument:String}',
  sentiment: 'instrument = {instrument:String}',
  news_duplicates: 'instrument = {instrument:String}',
  news: 'has(instruments, {instrument:String})',
}

/** Rows of a table, of one instrument where given. With FINAL: a key that was written twice counts once. */
export async function countRows(
  store: ClickHouse,
  table: CountedTable,
  instrument?: string,
): Promise<number> {
  const filter = instrument === undefined ? undefined : INSTRUMENT_FILTER[table]
  const sql = `SELECT count() AS rows FROM ${table} FINAL${filter === undefined ? '' : ` WHERE ${filter}`}`
  const [answer] = await store.query<{ rows: number }>(
    sql,
    filter === undefined ? {} : { instrument },
  )
  return Number(answer?.rows ?? 0)
}

/** Errors of predictions whose outcome is known, beside those of the zero-return forecast. */
export interface LiveQuality {
  /** Predictions with a known outcome. */
  readonly rows: number
  /** In percent return; NaN without rows. */
  readonly rmse: number
  readonly mae: number
  readonly zeroRmse: number
  readonly zeroMae: number
  /** Share of non-zero outcomes whose sign was predicted, 0 to 1; NaN without any. */
  readonly directionalAccuracy: number
}

const LIVE_QUALITY_SQL = `
  SELECT
    count() AS rows,
    sqrt(avg(pow(p.predicted_return - e.forward_return_30, 2))) AS rmse,
    avg(abs(p.predicted_return - e.forward_return_30)) AS mae,
    sqrt(avg(pow(e.forward_return_30, 2))) AS zeroRmse,
    avg(abs(e.forward_return_30)) AS zeroMae,
    countIf(sign(p.predicted_return) = sign(e.forward_return_30) AND e.forward_return_30 != 0)
      / countIf(e.forward_return_30 != 0) AS directionalAccuracy
  FROM (SELECT * FROM predictions FINAL WHERE instrument = {instrument:String} AND model_name = {modelName:String} AND role = {role:String}) AS p
  INNER JOIN (SELECT * FROM examples FINAL WHERE instrument = {instrument:String} AND forward_return_30 IS NOT NULL) AS e
    ON p.instrument = e.instrument AND p.open_time = e.open_time`

/** Joins the champion's predictions with the examples that tell what came. */
export async function liveQuality(
  store: ClickHouse,
  instrument: string,
  modelName: string,
  role = 'champion',
): Promise<LiveQuality> {
  const [row] = await store.query<Record<keyof LiveQuality, number | null>>(LIVE_QUALITY_SQL, {
    instrument,
    modelName,
    role,
  })
  const number = (value: number | null | undefined) => (typeof value === 'number' ? value : NaN)
  return {
    rows: Number(row?.rows ?? 0),
    rmse: number(row?.rmse),
    mae: number(row?.mae),
    zeroRmse: number(row?.zeroRmse),
    zeroMae: number(row?.zeroMae),
    directionalAccuracy: number(row?.directionalAccuracy),
  }
}

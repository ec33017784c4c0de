/**
 * Feature vectors as of past times.
 *
 * A published vector is never changed (ADR 9), so the vector that was known at a time is the newest
 * that had been published by then. A bar that fills a gap is published only with the first candle after
 * the gap, although it is of an earlier minute. Of the vectors up to a time t the newest of an original
 * candle is therefore the newest one known at t: every known filled bar lies before such a candle.
 */
import { EVERYTHING, type FeatureName } from '../../processors/features/feature-sets.ts'
import { CANDLE_MS } from '../../streams/topics.ts'
import type { StoredVector } from '../stored-vector.ts'
import type { Questions } from './ask-store.ts'
import {
  featureColumns,
  featureOf,
  vectorOf,
  VECTOR_COLUMNS,
  type StoreRow,
} from './feature-row.ts'

export interface AskedRow {
  readonly instrument: string
  readonly timeMs: number
}

export interface KnownRow {
  /** Close of the bar, ms. */
  readonly eventTimeMs: number
  readonly featureSet: string
  readonly close: number
  readonly values: Readonly<Record<string, string | number | null>>
}

export interface VectorArchive {
  /** The vector known at that time; undefined: none. @throws CandlewireError STORE_FAILED, OVERLOADED */
  asOf(instrument: string, timeMs: number): Promise<StoredVector | undefined>
  /**
   * For every asked row the vector known at its time and not older than `maxAgeMs`, in the same order.
   * @throws CandlewireError STORE_FAILED, OVERLOADED
   */
  join(
    rows: readonly AskedRow[],
    features: readonly FeatureName[],
    maxAgeMs: number,
  ): Promise<(KnownRow | undefined)[]>
}

/** Rows of one question: its text stays below the 256 KiB that ClickHouse parses. */
const ROWS_A_QUESTION = 1_000

const AS_OF_SQL = `SELECT ${VECTOR_COLUMNS}, ${featureColumns(EVERYTHING.features)} FROM features FINAL
  WHERE instrument = {instrument:String} AND open_time = (
    SELECT maxOrNull(open_time) FROM features WHERE instrument = {instrument:String}
      AND open_time <= fromUnixTimestamp64Milli({openTimeMs:Int64}) AND ifNull(is_backfilled, 0) = 0)`

export class StoredVectors implements VectorArchive {
  private readonly store: Questions

  constructor(store: Questions) {
    this.store = store
  }

  async asOf(instrument: string, timeMs: number): Promise<StoredVector | undefined> {
    const openTimeMs = timeMs - CANDLE_MS
    const [row] = await this.store.query<StoreRow>(AS_OF_SQL, { instrument, openTimeMs })
    if (row === undefined) return undefined
    const vector = vectorOf(row)
    return { vector, offset: Number(row['sourceOffset']), eventTimeMs: vector.eventTimeMs }
  }

  async join(
    rows: readonly AskedRow[],
    features: readonly FeatureName[],
    maxAgeMs: number,
  ): Promise<(KnownRow | undefined)[]> {
    // Neighbours in one question: it reads the span between its first and its last time.
    const order = rows
      .map((row, position) => ({ ...row, position }))
      .sort((a, b) => compare(a.instrument, b.instrument) || a.timeMs - b.timeMs)
    const known: (KnownRow | undefined)[] = rows.map(() => undefined)
    for (let from = 0; from < order.length; from += ROWS_A_QUESTION) {
      const part = order.slice(from, from + ROWS_A_QUESTION)
      const bars = await this.barsOf(part, maxAgeMs)
      const values = await this.valuesOf(part, bars, features)
      for (const { position, instrument } of part)
        known[position] = values.get(barKey(instrument, bars.get(position)))
    }
    return known
  }

  /** Open time of the bar known at the time of each row, by the row's position. */
  private async barsOf(
    part: readonly (AskedRow & { position: number })[],
    maxAgeMs: number,
  ): Promise<Map<number, number>> {
    const asked = part.map(({ position, instrument, timeMs }) =>
      tuple(position, quoted(instrument), timeMs - CANDLE_MS),
    )
    const times = part.map(({ timeMs }) => timeMs - CANDLE_MS)
    const names = [...new Set(part.map(({ instrument }) => quoted(instrument)))]
    const sql = `SELECT asked.position AS position, known.bar AS bar
      FROM values('position UInt32, instrument String, bar Int64', ${asked.join(', ')}) AS asked
      ASOF INNER JOIN (
        SELECT toString(instrument) AS instrument, toUnixTimestamp64Milli(open_time) AS bar FROM features
        WHERE features.instrument IN (${names.join(', ')}) AND ifNull(is_backfilled, 0) = 0
          AND open_time >= fromUnixTimestamp64Milli({fromMs:Int64})
          AND open_time <= fromUnixTimestamp64Milli({toMs:Int64})
      ) AS known ON asked.instrument = known.instrument AND asked.bar >= known.bar
      WHERE asked.bar - known.bar <= {maxAgeMs:Int64}`
    const fromMs = Math.max(0, Math.min(...times) - maxAgeMs)
    const parameters = { fromMs, toMs: Math.max(...times), maxAgeMs }
    const found = await this.store.query<{ position: number; bar: number }>(sql, parameters)
    return new Map(found.map(({ position, bar }) => [position, bar]))
  }

  private async valuesOf(
    part: readonly (AskedRow & { position: number })[],
    bars: ReadonlyMap<number, number>,
    features: readonly FeatureName[],
  ): Promise<Map<string, KnownRow>> {
    const keys = new Set<string>()
    for (const { position, instrument } of part) {
      const bar = bars.get(position)
      if (bar !== undefined) keys.add(tuple(quoted(instrument), `fromUnixTimestamp64Milli(${bar})`))
    }
    if (keys.size === 0) return new Map()
    const columns = features.length === 0 ? '' : `, ${featureColumns(features)}`
    const sql = `SELECT ${VECTOR_COLUMNS}${columns} FROM features FINAL
      WHERE (features.instrument, open_time) IN (${[...keys].join(', ')})`
    const rows = await this.store.query<StoreRow>(sql)
    return new Map(
      rows.map((row) => [
        barKey(row['instrument'] as string, Number(row['openTimeMs'])),
        {
          eventTimeMs: Number(row['eventTimeMs']),
          featureSet: row['featureSet'] as string,
          close: Number(row['close']),
          values: Object.fromEntries(features.map((name) => [name, featureOf(name, row[name])])),
        },
      ]),
    )
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const barKey = (instrument: string, bar: number | undefined): string => `${instrument} ${bar}`
const tuple = (...parts: (string | number)[]): string => `(${parts.join(', ')})`
/** Requests name instruments by a pattern without quotes; this holds for any text. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (sign) => `\\${sign}`)}'`

/** The vector of a bar as the stores hold it, compared with the published one, value by value. */
import type { Redis } from 'ioredis'
import { EVERYTHING, kindOf } from '../../processors/features/feature-sets.ts'
import { differingFields } from '../../processors/replay/differing-fields.ts'
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { exactJson } from '../../processors/sinks/exact-json.ts'
import { readNewestVector } from '../../processors/sinks/redis/online-store.ts'
import type { Features } from '../../schemas/generated.ts'
import type { FoundRecord } from './find-record.ts'

export interface StoredRow {
  readonly store: 'clickhouse' | 'redis'
  /** 'absent': the store has no row of this bar (Redis keeps the newest only). */
  readonly state: 'identical' | 'different' | 'absent'
  readonly differences: readonly string[]
  /** Offset in features.v1 that the row came from. */
  readonly offset: number | null
}

type Row = Readonly<Record<string, unknown>>

const ROW = `SELECT * FROM features FINAL
  WHERE instrument = {instrument:String} AND open_time = fromUnixTimestamp64Milli({openTimeMs:Int64})`

/** @throws CandlewireError STORE_FAILED */
export async function clickHouseRow(
  clickhouse: Pick<ClickHouse, 'query'>,
  { value: vector, offset }: FoundRecord<Features>,
): Promise<StoredRow> {
  const { instrument, openTimeMs } = vector
  const [row] = await clickhouse.query<Row>(ROW, { instrument, openTimeMs })
  if (row === undefined)
    return { store: 'clickhouse', state: 'absent', differences: [], offset: null }
  const stored = {
    close: row['close'],
    featureSet: row['feature_set'],
    featureSetFingerprint: row['feature_set_fingerprint'],
    recentReturns: row['recent_returns'],
    ...Object.fromEntries(EVERYTHING.features.map((name) => [name, valueOf(name, row[name])])),
  }
  const published = {
    close: vector.close,
    featureSet: vector.featureSet,
    featureSetFingerprint: vector.featureSetFingerprint,
    recentReturns: vector.recentReturns,
    ...vector.values,
  }
  const rowOffset = Number(row['source_offset'])
  const differences = Object.entries(published).flatMap(([name, value]: [string, unknown]) => {
    const is: unknown = stored[name as keyof typeof stored]
    const [was, now] = [JSON.stringify(value), JSON.stringify(is)]
    return was === now ? [] : [`${name} was ${was}, is ${now}`]
  })
  if (rowOffset !== offset) differences.unshift(`it came from offset ${rowOffset}, not ${offset}`)
  const state = differences.length === 0 ? 'identical' : 'different'
  return { store: 'clickhouse', state, differences, offset: rowOffset }
}

/** ClickHouse answers times as text without a zone. */
function valueOf(name: string, value: unknown): unknown {
  if (typeof value === 'string' && kindOf(name as (typeof EVERYTHING.features)[number]) === 'time')
    return Date.parse(`${value.replace(' ', 'T')}Z`)
  return value
}

export async function redisRow(
  redis: Redis,
  { value: vector, offset }: FoundRecord<Features>,
): Promise<StoredRow> {
  const newest = await readNewestVector(redis, vector.instrument)
  if (newest === undefined || newest.vector.openTimeMs !== vector.openTimeMs)
    return { store: 'redis', state: 'absent', differences: [], offset: newest?.offset ?? null }
  const differences =
    exactJson(newest.vector) === exactJson(vector) ? [] : differingFields(vector, newest.vector)
  const isSame = differences.length === 0 && newest.offset === offset
  if (newest.offset !== offset)
    differences.unshift(`it came from offset ${newest.offset}, not ${offset}`)
  const state = isSame ? 'identical' : 'different'
  return { store: 'redis', state, differences, offset: newest.offset }
}

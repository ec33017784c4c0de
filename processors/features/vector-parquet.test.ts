import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet'
import { expect, it } from 'vitest'
import type { NewsValues } from './article-window.ts'
import { featureSet, kindOf } from './feature-sets.ts'
import { VectorColumns } from './vector-columns.ts'
import { VectorParquet } from './vector-parquet.ts'

const set = featureSet('full-87')
const market = set.features.slice(0, 76)
const ROWS = 700

/** Doubles that text and dictionaries lose, flags, nulls in some columns and at some rows. */
function numberAt(row: number, column: number): number {
  if (column === 4) return row % 2
  if (column === 9 || (row < 30 && column > 40)) return NaN
  const bits = BigInt.asUintN(64, BigInt(row * 97 + column + 1) * 0x9e3779b97f4a7c15n)
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  const value = view.getFloat64(0)
  return Number.isFinite(value) ? value : 5e-324
}

const newsAt = (row: number): NewsValues => ({
  avg_sentiment: row / 7,
  quality_score: 0,
  article_count: row,
  signal_strength: 0.1 + 0.2,
  trading_signal: -1,
  positive_prob: 0,
  negative_prob: 0,
  neutral_prob: 1,
  signal_time: row * 60_000,
  latest_headline: row % 3 === 0 ? null : `“Headline” ${row % 50}, é`,
  latest_source: null,
})

function written(): ArrayBuffer {
  const parquet = new VectorParquet(set, 'TEST')
  const columns = new VectorColumns(set, market, 300)
  const parts: Uint8Array[] = [parquet.begin().slice()]
  for (let row = 0; row < ROWS; row++) {
    const vector = Float64Array.from({ length: market.length }, (_, i) => numberAt(row, i))
    columns.add(row * 60_000, vector, newsAt(row))
    if (columns.length < 300) continue
    parts.push(parquet.rowGroup(columns).slice())
    columns.clear()
  }
  parts.push(parquet.rowGroup(columns).slice(), parquet.end().slice())
  return Uint8Array.from(Buffer.concat(parts)).buffer
}

it('reads back to the same bits, times, texts and nulls, row group by row group', async () => {
  const file = written()
  const metadata = parquetMetadata(file)
  expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([300, 300, 100])
  const rows = await parquetReadObjects({ file, metadata })
  expect(rows).toHaveLength(ROWS)
  rows.forEach((read, row) => {
    expect(Object.keys(read)).toEqual(['timestamp', ...set.features])
    expect(read['timestamp']).toEqual(new Date(row * 60_000))
    for (const [i, name] of market.entries()) {
      const expected = numberAt(row, i)
      const value: unknown = read[name]
      expect(Object.is(value, Number.isNaN(expected) ? null : expected), `${name} ${row}`).toBe(
        true,
      )
    }
    const { signal_time, ...news } = newsAt(row)
    expect(read).toMatchObject({ ...news, signal_time: new Date(signal_time) })
  })
})

it('says the types and what it was made of', () => {
  const metadata = parquetMetadata(written())
  const types = parquetSchema(metadata).children.map(({ element }) => [
    element.name,
    element.type,
    element.converted_type,
    element.repetition_type,
  ])
  expect(types[0]).toEqual(['timestamp', 'INT64', 'TIMESTAMP_MILLIS', 'REQUIRED'])
  expect(types[1]).toEqual(['open', 'DOUBLE', undefined, 'OPTIONAL'])
  expect(types.at(-2)).toEqual(['latest_headline', 'BYTE_ARRAY', 'UTF8', 'OPTIONAL'])
  expect(set.features.filter((name) => kindOf(name) === 'time')).toEqual(['signal_time'])
  expect(
    Object.fromEntries(metadata.key_value_metadata!.map(({ key, value }) => [key, value])),
  ).toEqual({
    'candlewire.instrument': 'TEST',
    'candlewire.feature_set': 'full-87',
    'candlewire.feature_set_fingerprint': set.fingerprint,
  })
})

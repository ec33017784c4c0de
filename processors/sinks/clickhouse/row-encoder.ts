/** Turns decoded records into rows of one table, compiled once from its mapping. */
import type { RawRecord } from '../../../streams/partition-reader.ts'
import type { RowBuffer } from './row-binary.ts'
import { writerOf } from './row-binary.ts'
import type { AnyMapping } from './tables.ts'

/** Where each row came from: the position the sink continues from, and the version of the row. */
const POSITION_COLUMNS = [
  { name: 'source_partition', type: 'Int32' },
  { name: 'source_offset', type: 'UInt64' },
] as const

export interface RowEncoder {
  readonly table: string
  /** Names and types in the order of the row. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly insertSql: string
  /** Appends one row. @throws TypeError or RangeError if a value does not fit its column. */
  append(rows: RowBuffer, value: unknown, record: Pick<RawRecord, 'partition' | 'offset'>): void
}

export function rowEncoder(mapping: AnyMapping): RowEncoder {
  const fields = mapping.columns.map(({ type, value }) => ({ write: writerOf(type), value }))
  const columns = [
    ...mapping.columns.map(({ name, type }) => ({ name, type })),
    ...POSITION_COLUMNS,
  ]
  return {
    table: mapping.table,
    columns,
    insertSql: `INSERT INTO ${mapping.table} (${columns.map(({ name }) => `\`${name}\``).join(', ')}) FORMAT RowBinary`,
    append(rows, value, { partition, offset }) {
      for (const field of fields) field.write(rows, field.value(value))
      rows.int32(partition)
      rows.int64(offset)
    },
  }
}

/** How a topic becomes a table: columns with their types and where their values come from. */
import type { Topic } from '../../../streams/topics.ts'

export interface Column<Value> {
  readonly name: string
  /** ClickHouse type; `row-binary.ts` must have a writer for it. */
  readonly type: string
  readonly value: (value: Value) => unknown
}

export interface TableMapping<Value = never> {
  readonly table: string
  readonly topic: Topic<Value>
  /** Without source_partition and source_offset, which every table has. */
  readonly columns: readonly Column<Value>[]
}

type Columns<Value> = Readonly<
  Record<string, readonly [type: string, value: (value: Value) => unknown]>
>

export const mapping = <Value>(
  topic: Topic<Value>,
  table: string,
  columns: Columns<Value>,
): TableMapping<Value> => ({
  table,
  topic,
  columns: Object.entries(columns).map(([name, [type, value]]) => ({ name, type, value })),
})

export const TIME = "DateTime64(3, 'UTC')"
export const NAME = 'LowCardinality(String)'
export const OPTIONAL_NAME = 'LowCardinality(Nullable(String))'
export const OPTIONAL_DOUBLE = 'Nullable(Float64)'
export const OPTIONAL_LONG = 'Nullable(Int64)'
export const OPTIONAL_TIME = `Nullable(${TIME})`

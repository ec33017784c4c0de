/**
 * Compares the tables in the store with the mapping before anything is written: RowBinary carries no
 * names or types, so a column that differs would not fail but store nonsense.
 */
import { CandlewireError } from '../../../streams/errors.ts'
import type { ClickHouse } from './client.ts'
import { rowEncoder } from './row-encoder.ts'
import type { AnyMapping } from './tables.ts'

/** Columns per table: name to type. */
export type StoreColumns = ReadonlyMap<string, ReadonlyMap<string, string>>

/** @throws CandlewireError STORE_SCHEMA_WRONG naming every difference. */
export async function checkSchema(
  store: ClickHouse,
  mappings: readonly AnyMapping[],
): Promise<void> {
  const rows = await store.query<{ table: string; name: string; type: string }>(
    'SELECT table, name, type FROM system.columns WHERE database = currentDatabase()',
  )
  const columns = new Map<string, Map<string, string>>()
  for (const { table, name, type } of rows)
    columns.set(table, (columns.get(table) ?? new Map<string, string>()).set(name, type))
  const differences = schemaDifferences(columns, mappings)
  if (differences.length > 0)
    throw new CandlewireError('STORE_SCHEMA_WRONG', differences.join('; '))
}

/** Columns the sink writes that the store lacks or has with another type. More columns do no harm. */
export function schemaDifferences(store: StoreColumns, mappings: readonly AnyMapping[]): string[] {
  return mappings.flatMap((mapping) =>
    rowEncoder(mapping).columns.flatMap(({ name, type }) => {
      const found = store.get(mapping.table)?.get(name)
      return found === type
        ? []
        : [`${mapping.table}.${name} is ${found ?? 'missing'}, expected ${type}`]
    }),
  )
}

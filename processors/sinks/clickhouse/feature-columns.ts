/**
 * The columns of the `features` table that hold the features themselves: derived from the feature
 * sets, so that a new feature gets its column at the next start, without a migration.
 */
import { EVERYTHING, kindOf } from '../../features/feature-sets.ts'

const TYPES = {
  number: 'Nullable(Float64)',
  time: "Nullable(DateTime64(3, 'UTC'))",
  text: 'Nullable(String)',
} as const

/** In the order of the set of everything. */
export const FEATURE_COLUMNS: readonly { readonly name: string; readonly type: string }[] =
  EVERYTHING.features.map((name) => ({ name, type: TYPES[kindOf(name)] }))

/** Idempotent: columns that exist are left as they are. @param table with the columns of `features` */
export function addFeatureColumnsSql(table = 'features'): string {
  const actions = FEATURE_COLUMNS.map(
    ({ name, type }) =>
      `ADD COLUMN IF NOT EXISTS \`${name}\` ${type} COMMENT 'Feature ${name}; unit and formula: docs/features.md'`,
  )
  return `ALTER TABLE ${table}\n  ${actions.join(',\n  ')}`
}

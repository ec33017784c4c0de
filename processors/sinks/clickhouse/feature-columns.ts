/**
 * The columns of the `features` table that hold the features themselves: derived from the feature
 * sets, so that a new feature gets its column at the next start, without a migration.
 */
import { FEATURE_SETS } from '../../features/feature-sets.ts'

/** In the order in which the sets first name them. */
export const FEATURE_COLUMNS: readonly { readonly name: string; readonly type: string }[] = [
  ...new Set([...FEATURE_SETS.values()].flatMap((set) => set.features)),
].map((name) => ({ name, type: 'Nullable(Float64)' }))

/** Idempotent: columns that exist are left as they are. */
export function addFeatureColumnsSql(): string {
  const actions = FEATURE_COLUMNS.map(
    ({ name, type }) =>
      `ADD COLUMN IF NOT EXISTS \`${name}\` ${type} COMMENT 'Feature ${name}; unit and formula: docs/features.md'`,
  )
  return `ALTER TABLE features\n  ${actions.join(',\n  ')}`
}

/** A row of the `features` table as the record it was made of; ClickHouse does not keep its lineage. */
import { EVERYTHING, kindOf, type FeatureName } from '../../processors/features/feature-sets.ts'
import type { Features, FeatureValues } from '../../schemas/generated.ts'

export type StoreRow = Readonly<Record<string, unknown>>

/** What every query of whole vectors selects, beside the features themselves. */
export const VECTOR_COLUMNS = `instrument, toUnixTimestamp64Milli(open_time) AS openTimeMs,
  toUnixTimestamp64Milli(event_time) AS eventTimeMs, close, feature_set AS featureSet,
  feature_set_fingerprint AS featureSetFingerprint, recent_returns AS recentReturns,
  source_partition AS sourcePartition, source_offset AS sourceOffset`

/** Names are those of the registry: nothing in them needs more than the quotes. */
export const featureColumns = (names: readonly FeatureName[]): string =>
  names.map((name) => `\`${name}\``).join(', ')

/** ClickHouse answers times as text without a zone. */
export function featureOf(name: FeatureName, value: unknown): string | number | null {
  if (value === null || value === undefined) return null
  if (kindOf(name) === 'time' && typeof value === 'string')
    return Date.parse(`${value.replace(' ', 'T')}Z`)
  return value as string | number
}

export function vectorOf(row: StoreRow): Features {
  const values = Object.fromEntries(
    EVERYTHING.features.map((name) => [name, featureOf(name, row[name])]),
  )
  return {
    instrument: row['instrument'] as string,
    openTimeMs: Number(row['openTimeMs']),
    eventTimeMs: Number(row['eventTimeMs']),
    close: Number(row['close']),
    featureSet: row['featureSet'] as string,
    featureSetFingerprint: row['featureSetFingerprint'] as string,
    recentReturns: row['recentReturns'] as (number | null)[],
    values: values as unknown as FeatureValues,
    lineage: [],
  }
}

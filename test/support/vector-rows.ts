/** Columns of vectors as rows, for tests that look at single values. */
import type { FeatureValue } from '../../processors/features/lookahead/computation.ts'
import type { VectorColumns } from '../../processors/features/vector-columns.ts'

export interface VectorRow {
  readonly openTimeMs: number
  readonly values: Record<string, FeatureValue>
}

export function vectorRows({ openTimesMs, columns, length }: VectorColumns): VectorRow[] {
  return Array.from({ length }, (_, row) => ({
    openTimeMs: openTimesMs[row]!,
    values: Object.fromEntries(
      columns.map(({ name, values }) => {
        const value = values[row]!
        return [name, typeof value === 'number' && Number.isNaN(value) ? null : value]
      }),
    ),
  }))
}

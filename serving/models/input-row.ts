/** The input row of a vector for a version, and how new it is: made once, however often it is asked for. */
import type { VectorLike } from '../../processors/models/input-columns.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { rowWriterOf } from './model-rows.ts'
import type { ScoringModel } from './scoring-model.ts'
import { noveltyOf, type RowNovelty } from './training-ranges.ts'

export interface InputRow {
  /** `[columns] float32`, a missing input as NaN. To be copied before it is handed to a model. */
  readonly values: Float32Array
  readonly missing: number
  readonly novelty: RowNovelty
}

/** By vector, which must not change: the row of the version that asked last. */
const rows = new WeakMap<VectorLike, { readonly version: ModelVersion; readonly row: InputRow }>()

export function inputRowOf(
  { version, ranges }: Pick<ScoringModel, 'version' | 'ranges'>,
  vector: VectorLike,
): InputRow {
  const known = rows.get(vector)
  if (known?.version === version) return known.row
  const values = new Float32Array(version.inputColumns.length)
  const missing = rowWriterOf(version)(vector, values, 0)
  const row = { values, missing, novelty: noveltyOf(values, ranges) }
  rows.set(vector, { version, row })
  return row
}

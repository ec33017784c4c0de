/** The row writer of a model, made once: a request should not look its columns up again. */
import { rowWriter, type RowWriter } from '../../processors/models/input-columns.ts'
import type { ModelVersion } from '../../schemas/generated.ts'

const writers = new WeakMap<ModelVersion, RowWriter>()

export function rowWriterOf(version: ModelVersion): RowWriter {
  const known = writers.get(version)
  if (known !== undefined) return known
  const made = rowWriter(version.inputColumns)
  writers.set(version, made)
  return made
}

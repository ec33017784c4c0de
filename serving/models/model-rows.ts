/** The row writer of a model, made once: a request should not look its columns up again. */
import { rowWriter, type RowWriter } from '../../processors/models/input-columns.ts'
import type { ModelVersion } from '../../schemas/generated.ts'

/** More than are ever loaded. A version itself lives as long as the registry, its 82 closures must not. */
const WRITERS_MAX = 32
/** In the order in which they were made. */
const writers = new Map<ModelVersion, RowWriter>()

export function rowWriterOf(version: ModelVersion): RowWriter {
  const known = writers.get(version)
  if (known !== undefined) return known
  const made = rowWriter(version.inputColumns)
  const [oldest] = writers.keys()
  if (writers.size >= WRITERS_MAX && oldest !== undefined) writers.delete(oldest)
  writers.set(version, made)
  return made
}

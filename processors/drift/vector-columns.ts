/**
 * The columns a drift state keeps of every vector: all that any model can have as input, so that a
 * window outlives a change of the model and of its feature set.
 */
import { createHash } from 'node:crypto'
import { EVERYTHING, numericFeatures } from '../features/feature-sets.ts'
import { featureSpec } from '../features/registry.ts'
import { AUTOREGRESSIVE_ORDER, lagColumn, rowWriter } from '../models/input-columns.ts'

export const VECTOR_COLUMNS: readonly string[] = [
  ...numericFeatures(EVERYTHING),
  ...Array.from({ length: AUTOREGRESSIVE_ORDER - 1 }, (_, i) => lagColumn(i + 1)),
]

/** Tells a state that was made with other columns. */
export const COLUMNS_FINGERPRINT = createHash('sha256')
  .update(VECTOR_COLUMNS.join('\n'))
  .digest('hex')

export const writeVector = rowWriter(VECTOR_COLUMNS)

const POSITIONS: ReadonlyMap<string, number> = new Map(
  VECTOR_COLUMNS.map((name, column) => [name, column]),
)

/** Where the columns of a reference are; -1 for one that no vector has. */
export const positionsOf = (columns: readonly string[]): Int32Array =>
  Int32Array.from(columns, (name) => POSITIONS.get(name) ?? -1)

const WARM_UPS: ReadonlyMap<string, number> = new Map([
  ...numericFeatures(EVERYTHING).map((name) => [name, featureSpec(name).warmupBars - 1] as const),
  ...Array.from({ length: AUTOREGRESSIVE_ORDER - 1 }, (_, i) => [lagColumn(i + 1), i + 2] as const),
])

/** Vectors of an instrument before the first one that has a value of a column. */
export const warmUpVectors = (column: string): number => WARM_UPS.get(column) ?? 0

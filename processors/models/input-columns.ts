/**
 * From a feature vector to a row of a model's input matrix: the one mapping that training and
 * serving share, so that a model sees at serving time what it was trained on.
 */
import type { Features } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { EVERYTHING, numericFeatures, type NumericFeatureName } from '../features/feature-sets.ts'

/** What a row is made from: a vector of `features.v1`, or an example of `examples.v1`. */
export type VectorLike = Pick<Features, 'values' | 'recentReturns'>

/** Column of the one-minute return `lag` bars before the newest one, lag 1 to 6. */
export const lagColumn = (lag: number): string => `return_1_lag_${lag}`

/** Returns kept with every vector, the newest included: the order of the autoregressive model. */
export const AUTOREGRESSIVE_ORDER = 7

/**
 * Writes one row into a row-major float32 matrix, a null as NaN.
 * @returns the number of missing inputs of the row.
 */
export type RowWriter = (vector: VectorLike, matrix: Float32Array, row: number) => number

/** @throws CandlewireError MODEL_REFUSED for a column that no vector has. */
export function rowWriter(columns: readonly string[]): RowWriter {
  const readers = columns.map(readerOf)
  return (vector, matrix, row) => {
    const base = row * readers.length
    let missing = 0
    for (const [column, read] of readers.entries()) {
      const value = read(vector) ?? NaN
      if (Number.isNaN(value)) missing += 1
      matrix[base + column] = value
    }
    return missing
  }
}

const FEATURE_NAMES: ReadonlySet<string> = new Set(numericFeatures(EVERYTHING))

function readerOf(column: string): (vector: VectorLike) => number | null | undefined {
  if (FEATURE_NAMES.has(column)) return (vector) => vector.values[column as NumericFeatureName]
  const lag = Number(/^return_1_lag_([1-6])$/.exec(column)?.[1])
  if (Number.isInteger(lag)) return (vector) => vector.recentReturns[lag]
  throw new CandlewireError('MODEL_REFUSED', `Unknown model input column ${column}`)
}

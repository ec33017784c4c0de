/**
 * The forecast that what was comes again: the return of the last `horizon` minutes, from the feature
 * `return_30` or `return_60` of the row itself (a fraction; the forecast is in percent). Where it is
 * missing, no change is forecast.
 */

/**
 * @param matrix `[rows, columns] float32`, row-major
 * @returns `[rows]`, percent; undefined if the columns have no return of that length
 */
export function lastReturns(
  columns: readonly string[],
  matrix: Float32Array,
  horizonMinutes: number,
): Float64Array | undefined {
  const column = columns.indexOf(`return_${horizonMinutes}`)
  if (column === -1) return undefined
  return Float64Array.from({ length: matrix.length / columns.length }, (_, row) => {
    const value = matrix[row * columns.length + column]!
    return Number.isFinite(value) ? 100 * value : 0
  })
}

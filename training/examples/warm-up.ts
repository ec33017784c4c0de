/**
 * How many rows at the start of a series are not warm: those before every column that this series
 * ever has a value for has had one.
 *
 * Read off the data, not from a table of warm-ups: it also covers a series that starts in the middle,
 * and columns that the data cannot fill (volume where none is traded) do not hold it up.
 */

/**
 * A column whose first value comes later than this is rare, not cold, and stays missing until then:
 * the longest declared warm-up is 1,460 bars, and gaps may stretch it.
 */
const LONGEST_WARM_UP_ROWS = 5_000

/** @param series rows of `matrix` (`[rows, width]`) of one instrument in time order. */
export function warmUpRows(matrix: Float32Array, width: number, series: Uint32Array): number {
  const hasValue = new Uint8Array(width)
  const looked = Math.min(series.length, LONGEST_WARM_UP_ROWS)
  let cold = 0
  for (let index = 0; index < looked; index += 1) {
    const base = series[index]! * width
    for (let column = 0; column < width; column += 1) {
      if (hasValue[column] === 1 || Number.isNaN(matrix[base + column])) continue
      hasValue[column] = 1
      cold = index
    }
  }
  return cold
}

/** Where the columns of a training period begin to have values. */
import type { DriftCalibrationInput } from './calibration-input.ts'

/**
 * Whether a row is behind the warm-up of a column, which is what comes before its first value, of each
 * instrument by itself. A column without any value has no warm-up: missing is how it is.
 */
export function warmUps(input: DriftCalibrationInput): (row: number, column: number) => boolean {
  const { matrix, rows, instrumentOfRow } = input
  const width = input.columns.length
  /** First row with a value, by column, for each instrument. */
  const firsts = new Map<number, Float64Array>()
  for (let row = 0; row < rows; row += 1) {
    const instrument = instrumentOfRow?.[row] ?? 0
    let first = firsts.get(instrument)
    if (first === undefined) {
      first = new Float64Array(width).fill(Infinity)
      firsts.set(instrument, first)
    }
    for (let column = 0; column < width; column += 1) {
      const value = matrix[row * width + column]!
      // NaN and infinities are no values.
      if (first[column] === Infinity && value - value === 0) first[column] = row
    }
  }
  return (row, column) => {
    const first = firsts.get(instrumentOfRow?.[row] ?? 0)?.[column] ?? 0
    return first === Infinity || row >= first
  }
}

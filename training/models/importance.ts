/** Turns raw importances of columns into shares of the whole. */
import type { Importance } from './model-trainer.ts'

/** @param values one per column, not negative. Columns without any are left out; ties keep their order. */
export function importanceShares(
  method: string,
  columns: readonly string[],
  values: ArrayLike<number>,
): Importance {
  const total = Array.from(values).reduce((sum, value) => sum + value, 0)
  const shares = columns
    .map((column, index) => ({ column, share: total > 0 ? (values[index] ?? 0) / total : 0 }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
  return { method, columns: shares }
}

/**
 * Mean size per column.
 * @param contributions `[rows, stride]` row-major; entries from `columns` on are left out (the bias)
 */
export function meanAbsolute(
  contributions: ArrayLike<number>,
  columns: number,
  stride: number,
): Float64Array {
  const sums = new Float64Array(columns)
  const rows = contributions.length / stride
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      sums[column]! += Math.abs(contributions[row * stride + column]!)
  return sums.map((sum) => sum / Math.max(1, rows))
}

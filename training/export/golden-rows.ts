/** Chooses the real rows that a server checks a loaded model with before it goes live. */
import { matrixOf, type Dataset } from '../examples/dataset.ts'
import { spread } from './adversarial-rows.ts'

const GOLDEN_ROWS = 16
/** Of these, rows with missing inputs, where there are any. */
const ROWS_WITH_GAPS = 4

/** @returns row numbers, ascending, spread over time; all rows if there are fewer. */
export function goldenRows(dataset: Dataset): number[] {
  const rows = Array.from({ length: dataset.rows }, (_, row) => row)
  const withGaps = rows.filter((row) =>
    matrixOf(dataset, { from: row, to: row + 1 }).some(Number.isNaN),
  )
  const chosen = new Set(spread(withGaps, ROWS_WITH_GAPS))
  for (const row of spread(rows, GOLDEN_ROWS)) if (chosen.size < GOLDEN_ROWS) chosen.add(row)
  return [...chosen].sort((a, b) => a - b)
}

/**
 * A part of the data set that is small enough to be fitted hundreds of times: every k-th minute of a
 * range. Labels of neighbouring minutes share all but one minute of their horizon, so most of what the
 * left-out rows say is said by those that stay.
 */
import { matrixOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'

/** Rows of a search: the three fits of a trial take about one CPU-second on them. */
export const SEARCH_ROWS = 20_000

/** Rows of one time stay together, so that a step of k skips no instrument. */
export function thinDataset(dataset: Dataset, range: SplitRange, rowsMax = SEARCH_ROWS): Dataset {
  const step = Math.max(1, Math.ceil((range.to - range.from) / rowsMax))
  const kept: number[] = []
  let time = -1
  for (let row = range.from; row < range.to; row += 1) {
    if (row === range.from || dataset.eventTimeMs[row] !== dataset.eventTimeMs[row - 1]) time += 1
    if (time % step === 0) kept.push(row)
  }
  const width = dataset.columns.length
  const matrix = new Float32Array(kept.length * width)
  for (const [index, row] of kept.entries())
    matrix.set(matrixOf(dataset, { from: row, to: row + 1 }), index * width)
  const pick = (values: Float64Array) => Float64Array.from(kept, (row) => values[row]!)
  return {
    columns: dataset.columns,
    rows: kept.length,
    matrix,
    labels: pick(dataset.labels),
    eventTimeMs: pick(dataset.eventTimeMs),
    labelTimeMs: pick(dataset.labelTimeMs),
  }
}

/** A comparison of one or more columns, fed row by row, as the drift processor feeds it. */
import { ReferenceIndex } from '../../processors/drift/reference/reference-index.ts'
import { WindowComparison } from '../../processors/drift/window/window-comparison.ts'

export interface FedComparison {
  readonly comparison: WindowComparison
  /** Takes the next row. */
  readonly take: (row: readonly number[]) => void
}

/** @param reference values of each column */
export function comparisonOf(
  reference: readonly (readonly number[])[],
  capacity: number,
): FedComparison {
  const width = reference.length
  const rows = reference[0]!.length
  const index = new ReferenceIndex({
    columns: reference.map((_, column) => `c${column}`),
    rows,
    values: Float32Array.from(reference.flat()),
  })
  const window = new Float32Array(capacity * width)
  const columnOf = Int32Array.from({ length: width }, (_, column) => column)
  const comparison = new WindowComparison(index, capacity, { rows: window, width, columnOf })
  let taken = 0
  return {
    comparison,
    take: (row) => {
      const slot = taken % capacity
      window.set(row, slot * width)
      comparison.take(slot)
      taken += 1
    },
  }
}

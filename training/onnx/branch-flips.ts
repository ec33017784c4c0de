/** Compares exported trees with the library's own leaf by leaf: equal sums could hide equal leaves. */
import { leafOf, type Ensemble } from './tree-ensemble.ts'

/** Leaves are one figure per tree: 4,096 rows of 300 trees are 10 MB. */
const BATCH_ROWS = 4_096

/**
 * @param nativeLeaves answers `[rows, columns] float32` with `[rows, trees]`, leaves counted per tree
 * @returns rows for which some tree ends in another leaf
 */
export function countBranchFlips(
  ensemble: Ensemble,
  matrix: Float32Array,
  columns: number,
  nativeLeaves: (batch: Float32Array) => ArrayLike<number>,
): number {
  const trees = ensemble.roots.length
  let flips = 0
  for (let from = 0; from < matrix.length; from += BATCH_ROWS * columns) {
    const batch = matrix.subarray(from, from + BATCH_ROWS * columns)
    const leaves = nativeLeaves(batch)
    for (let row = 0; row * columns < batch.length; row += 1) {
      const values = batch.subarray(row * columns, (row + 1) * columns)
      const isSame = (_: unknown, tree: number) =>
        leafOf(ensemble, tree, values) === leaves[row * trees + tree]
      if (!ensemble.roots.every(isSame)) flips += 1
    }
  }
  return flips
}

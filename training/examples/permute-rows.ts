/** Reorders the rows of a matrix in place, following the cycles of the permutation. */

/**
 * @param order rows to keep, each at most once, in the order wanted.
 * @returns the leading `[order.length, width]` part of `matrix`; the rest is overwritten.
 */
export function permuteRows(matrix: Float32Array, width: number, order: Uint32Array): Float32Array {
  const full = completed(order, matrix.length / width)
  const moved = new Uint8Array(full.length)
  const aside = new Float32Array(width)
  for (let start = 0; start < full.length; start += 1) {
    if (moved[start] === 1 || full[start] === start) continue
    aside.set(rowOf(matrix, width, start))
    for (let target = start; ;) {
      moved[target] = 1
      const source = full[target]!
      if (source === start) {
        rowOf(matrix, width, target).set(aside)
        break
      }
      rowOf(matrix, width, target).set(rowOf(matrix, width, source))
      target = source
    }
  }
  return matrix.subarray(0, order.length * width)
}

const rowOf = (matrix: Float32Array, width: number, row: number): Float32Array =>
  matrix.subarray(row * width, (row + 1) * width)

/** The rows that are not wanted go to the end: a permutation of all rows. */
function completed(order: Uint32Array, rows: number): Uint32Array {
  const full = new Uint32Array(rows)
  full.set(order)
  const wanted = new Uint8Array(rows)
  for (const row of order) wanted[row] = 1
  let next = order.length
  for (let row = 0; row < rows; row += 1) {
    if (wanted[row] === 0) full[next++] = row
  }
  return full
}

/**
 * Whether the answers of a model depend on how many rows share a run. A runtime may take another
 * routine for whole vector registers than for what is left over (docs/adr/0031), or another order of
 * sums from some number of rows on; then calls of several requests must not be joined. Tried with the
 * golden rows, each in many places of runs of many sizes, bit by bit.
 */
import { BATCH_ROWS_MAX, type ScoringModel } from './scoring-model.ts'

/** Around registers of 4, 8 and 16 lanes, and around sizes at which runtimes change their ways. */
const SIZES = [2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50, 64, 81, 127, BATCH_ROWS_MAX] as const

/** @returns the size of the first run with another answer; undefined if there is none. */
export async function dependsOnRunSize(model: ScoringModel): Promise<number | undefined> {
  const { goldenInputs, inputColumns } = model.version
  const columns = inputColumns.length
  const run = async (first: number, rows: number): Promise<Float64Array> => {
    const matrix = new Float32Array(rows * columns)
    for (let row = 0; row < rows; row += 1)
      matrix.set(goldenInputs[(first + row) % goldenInputs.length] ?? [], row * columns)
    return model.score(matrix, rows)
  }
  const alone: number[] = []
  for (const row of goldenInputs.keys()) alone.push((await run(row, 1))[0] ?? NaN)
  for (const [index, size] of SIZES.entries()) {
    const answers = await run(index, size)
    const isSame = answers.every((answer, row) =>
      Object.is(answer, alone[(index + row) % alone.length]),
    )
    if (!isSame) return size
  }
  return undefined
}

/** A model that scores on this thread, as the real one of the same published version would. */
import type { ScoringModel } from '../../serving/models/scoring-model.ts'
import { COLUMNS, type PublishedModel } from './published-model.ts'

export interface FakeModel extends ScoringModel {
  /** Rows of every call so far. */
  readonly calls: number[]
  readonly closed: () => boolean
  readonly die: (cause: Error) => void
}

export function fakeModel(published: PublishedModel, score?: ScoringModel['score']): FakeModel {
  const calls: number[] = []
  let isClosed = false
  let die: (cause: Error) => void = () => undefined
  const died = new Promise<Error>((resolve) => {
    die = resolve
  })
  const rowOf = (matrix: Float32Array, row: number): number[] => [
    ...matrix.subarray(row * COLUMNS.length, (row + 1) * COLUMNS.length),
  ]
  return {
    version: published.version,
    calls,
    died,
    die: (cause) => die(cause),
    closed: () => isClosed,
    score: (matrix, rows) => {
      calls.push(rows)
      if (score !== undefined) return score(matrix, rows)
      return Promise.resolve(
        Float64Array.from({ length: rows }, (_, row) => published.expected(rowOf(matrix, row))),
      )
    },
    close: () => {
      isClosed = true
      return Promise.resolve()
    },
  }
}

/** What a model saw of each input in training, from its reference profile: enough to tell what is new. */
import type { ReferenceProfile } from '../../processors/models/reference-profile.ts'

export interface TrainingRanges {
  /** Smallest and largest value of each input column, `[columns]`; NaN where all were missing. */
  readonly lowest: Float32Array
  readonly highest: Float32Array
  /** Share of the rows in which each column was missing, `[columns]`, 0 to 1. */
  readonly missingShare: Float32Array
}

export function trainingRanges({ columns, rows, values }: ReferenceProfile): TrainingRanges {
  const lowest = new Float32Array(columns.length).fill(NaN)
  const highest = new Float32Array(columns.length).fill(NaN)
  const missingShare = new Float32Array(columns.length)
  for (let column = 0; column < columns.length; column += 1) {
    let missing = 0
    for (let row = 0; row < rows; row += 1) {
      const value = values[column * rows + row] ?? NaN
      if (Number.isNaN(value)) missing += 1
      else {
        if (!(value >= (lowest[column] ?? NaN))) lowest[column] = value
        if (!(value <= (highest[column] ?? NaN))) highest[column] = value
      }
    }
    missingShare[column] = rows === 0 ? 0 : missing / rows
  }
  return { lowest, highest, missingShare }
}

export interface RowNovelty {
  /** Share of the columns that are missing though training mostly had them, 0 to 1. */
  readonly missing: number
  /** Share of the present columns that lie outside of what training saw, 0 to 1. */
  readonly outside: number
}

/** Above this share a column counts as usually missing: a model knows how to do without it. */
const USUALLY_MISSING = 0.5

/**
 * @param row one row of the input matrix, `[columns] float32`, a missing input as NaN.
 * @param ranges unset: nothing is known of the training; any missing column counts, none is outside.
 */
export function noveltyOf(row: Float32Array, ranges: TrainingRanges | undefined): RowNovelty {
  let missing = 0
  let present = 0
  let outside = 0
  for (let column = 0; column < row.length; column += 1) {
    const value = row[column] ?? NaN
    if (Number.isNaN(value)) {
      if ((ranges?.missingShare[column] ?? 0) <= USUALLY_MISSING) missing += 1
      continue
    }
    present += 1
    if (ranges === undefined) continue
    const isInside =
      value >= (ranges.lowest[column] ?? NaN) && value <= (ranges.highest[column] ?? NaN)
    if (!isInside) outside += 1
  }
  return { missing: missing / row.length, outside: present === 0 ? 0 : outside / present }
}

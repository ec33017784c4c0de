/** Rows of a data set as the algorithms take them: views on ranges of the matrix, never copies. */
import { labelsOf, matrixOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import type { FitRequest, Objective } from './model-trainer.ts'

export interface TrainingRows {
  /** Consecutive parts of one `[rows, width] float32` matrix, row-major, NaN missing. */
  readonly parts: readonly Float32Array[]
  readonly width: number
  /** `[rows]`: percent, or 1 for an upward move and 0 for none. */
  readonly labels: Float32Array
}

export function trainingRows(
  dataset: Dataset,
  ranges: readonly SplitRange[],
  objective: Objective,
): TrainingRows {
  const labels = new Float32Array(ranges.reduce((sum, range) => sum + rowsOf(range), 0))
  let next = 0
  for (const range of ranges) {
    labels.set(targetsOf(labelsOf(dataset, range), objective), next)
    next += rowsOf(range)
  }
  return { parts: ranges.map((range) => matrixOf(dataset, range)), width: widthOf(dataset), labels }
}

const widthOf = (dataset: Dataset): number => dataset.columns.length

/** What a model of this objective is fitted to. @param returns forward returns, percent */
export const targetsOf = (returns: Float64Array, objective: Objective): Float64Array =>
  objective === 'regression' ? returns : returns.map((value) => (value > 0 ? 1 : 0))

/** @returns the validation rows, or undefined if none are given */
export const validationRows = ({
  dataset,
  validation,
  objective,
}: FitRequest): TrainingRows | undefined =>
  validation === undefined || rowsOf(validation) === 0
    ? undefined
    : trainingRows(dataset, [validation], objective)

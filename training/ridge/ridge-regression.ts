/**
 * Linear regression with a quadratic penalty on the weights of standardised columns.
 *
 * The penalty is chosen by the validation RMSE from a grid that ends so high that nothing but the
 * mean label is left: where the columns carry no signal, the honest answer must be in reach.
 * Source: Hoerl and Kennard, "Ridge Regression", Technometrics 12 (1970).
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { regressionMetrics } from '../metrics/regression-metrics.ts'
import { gramSums, type GramSums } from './gram-matrix.ts'
import { centred, fitStandardisation, type Standardisation } from './standardisation.ts'

/** Penalty per training row, half a decade apart: 1e-4 hardly shrinks, 1e6 leaves the mean. */
export const PENALTY_GRID: readonly number[] = Array.from(
  { length: 21 },
  (_, step) => 10 ** (-4 + step / 2),
)

export interface RidgeModel {
  readonly standardisation: Standardisation
  /** Weight per unit of the column (not of its deviation). */
  readonly weights: Float64Array
  /** Prediction where every input is at its mean. */
  readonly intercept: number
  /** Penalty per training row that was chosen. */
  readonly penalty: number
}

/** Rows `[labels.length, width] float32`, row-major. */
export interface LabelledRows {
  readonly matrix: Float32Array
  readonly labels: Float64Array
}

/** Fits every penalty of the grid on `train` and keeps the one with the lowest RMSE on `validation`. */
export function fitRidge(
  train: LabelledRows,
  validation: LabelledRows,
  width: number,
  onPenalty: (index: number, validationRmse: number) => void = () => undefined,
): RidgeModel {
  const standardisation = fitStandardisation(train.matrix, width)
  const sums = gramSums(train.matrix, train.labels, standardisation)
  let best: RidgeModel | undefined
  let bestRmse = Infinity
  for (const [index, penalty] of PENALTY_GRID.entries()) {
    const model = solve(sums, standardisation, penalty)
    if (model === undefined) continue
    const { rmse } = regressionMetrics(predictRidge(model, validation.matrix), validation.labels)
    onPenalty(index, rmse)
    if (rmse < bestRmse) {
      best = model
      bestRmse = rmse
    }
  }
  if (best === undefined) throw new Error('No penalty of the grid gave a finite ridge regression')
  return best
}

/** @returns undefined if the penalty is too small for these columns to be told apart. */
export function solve(
  sums: GramSums,
  standardisation: Standardisation,
  penalty: number,
): RidgeModel | undefined {
  const width = sums.sums.length
  const { rows } = sums
  const meanOf = (column: number): number => sums.sums[column]! / rows
  const labelMean = sums.labelSum / rows
  // Centred once more: clamping moved the means of the standardised columns a little off zero.
  const normal = new Matrix(width, width)
  const right = new Matrix(width, 1)
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const ridge = i === j ? penalty * rows : 0
      const value = sums.products[i * width + j]! - rows * meanOf(i) * meanOf(j) + ridge
      // Set twice, not computed twice: rounded in another order it would not be symmetric.
      normal.set(i, j, value)
      normal.set(j, i, value)
    }
    right.set(i, 0, sums.labelProducts[i]! - rows * meanOf(i) * labelMean)
  }
  const decomposition = new CholeskyDecomposition(normal)
  if (!decomposition.isPositiveDefinite()) return undefined
  const solved = decomposition.solve(right).to1DArray()
  let intercept = labelMean
  for (let column = 0; column < width; column += 1) intercept -= solved[column]! * meanOf(column)
  const weights = Float64Array.from(
    solved,
    (weight, column) => weight * standardisation.scale[column]!,
  )
  return { standardisation, weights, intercept, penalty }
}

/** @param matrix `[rows, width] float32`, row-major. @returns `[rows]` */
export function predictRidge(model: RidgeModel, matrix: Float32Array): Float64Array {
  const width = model.weights.length
  const predictions = new Float64Array(matrix.length / width)
  for (let row = 0; row < predictions.length; row += 1) {
    let sum = 0
    for (let column = 0; column < width; column += 1) {
      sum +=
        centred(model.standardisation, column, matrix[row * width + column]!) *
        model.weights[column]!
    }
    predictions[row] = sum + model.intercept
  }
  return predictions
}

/**
 * Linear regression with a quadratic penalty on the weights of standardised columns.
 *
 * The penalty is chosen by the validation RMSE from a grid that ends so high that nothing but the
 * mean label is left: where the columns carry no signal, the honest answer must be in reach.
 * Source: Hoerl and Kennard, "Ridge Regression", Technometrics 12 (1970).
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { gramSums, type GramSums, type LabelledParts } from './gram-matrix.ts'
import { fitStandardisation, type Standardisation } from './standardisation.ts'

/**
 * Penalty per training row: none (ordinary least squares), then half a decade apart from 1e-4, which
 * hardly shrinks, to 1e6, which leaves the mean.
 */
export const PENALTY_GRID: readonly number[] = [
  0,
  ...Array.from({ length: 21 }, (_, step) => 10 ** (-4 + step / 2)),
]

export interface RidgeModel {
  readonly standardisation: Standardisation
  /** Weight per unit of the column (not of its deviation). */
  readonly weights: Float64Array
  /** Prediction where every input is at its mean. */
  readonly intercept: number
  /** Penalty per training row that was chosen. */
  readonly penalty: number
}

/** Fits every penalty on `train` and keeps the one with the lowest RMSE on `validation`. */
export function fitRidge(
  train: LabelledParts,
  validation: LabelledParts,
  width: number,
  penalties: readonly number[] = PENALTY_GRID,
): RidgeModel {
  const standardisation = fitStandardisation(train.parts, width)
  const sums = gramSums(train, standardisation)
  let best: RidgeModel | undefined
  let bestRmse = Infinity
  for (const penalty of penalties) {
    const model = solve(sums, standardisation, penalty)
    if (model === undefined) continue
    const rmse = rmseOf(model, validation)
    if (rmse < bestRmse) {
      best = model
      bestRmse = rmse
    }
  }
  if (best === undefined) throw new Error('No penalty of the grid gave a finite ridge regression')
  return best
}

function rmseOf(model: RidgeModel, { parts, labels }: LabelledParts): number {
  let row = 0
  let squares = 0
  for (const part of parts)
    for (const prediction of predictRidge(model, part))
      squares += (prediction - labels[row++]!) ** 2
  return Math.sqrt(squares / row)
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
      // A column without spread weighs nothing, instead of making the equations singular.
      const isEmpty = standardisation.scale[i] === 0
      const ridge = i === j ? (isEmpty ? 1 : penalty * rows) : 0
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
  // Never -0: the exported sum starts from the first product, not from 0.
  return { standardisation, weights, intercept: intercept + 0, penalty }
}

/** @param matrix `[rows, width] float32`, row-major. @returns `[rows]` */
export function predictRidge(model: RidgeModel, matrix: Float32Array): Float64Array {
  const { weights, intercept, standardisation } = model
  const { mean, lowest, highest } = standardisation
  const width = weights.length
  const predictions = new Float64Array(matrix.length / width)
  for (let row = 0, cell = 0; row < predictions.length; row += 1) {
    let sum = 0
    for (let column = 0; column < width; column += 1, cell += 1) {
      // `centred` written out: it is called for every cell of the validation rows and every penalty.
      const value = matrix[cell]!
      const low = lowest[column]!
      const high = highest[column]!
      const held = value < low ? low : value > high ? high : value
      sum += (value === value ? held - mean[column]! : 0) * weights[column]!
    }
    predictions[row] = sum + intercept
  }
  return predictions
}

/**
 * Logistic regression with a quadratic penalty on the weights of standardised columns.
 *
 * Minimised by the bound of Böhning and Lindsay ("Monotonicity of quadratic-approximation algorithms",
 * Annals of the Institute of Statistical Mathematics 40, 1988): the second derivative never exceeds a
 * quarter of the Gram matrix, so one decomposition serves all steps, each lowers the loss, and a step
 * costs one pass over the rows. Where returns are noise every probability is near a half, the bound is
 * almost the second derivative itself, and a handful of steps suffices.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { gramSums, type GramSums, type LabelledParts } from './gram-matrix.ts'
import { predictRidge, type RidgeModel } from './ridge-regression.ts'
import { centred, fitStandardisation, type Standardisation } from './standardisation.ts'

/** Penalty per training row, a decade apart; the last one leaves the share of upward moves. */
export const LOGISTIC_PENALTY_GRID: readonly number[] = Array.from(
  { length: 11 },
  (_, step) => 10 ** (6 - step),
)

/** Near a half, where returns are noise, 10 suffice; each is a pass over the rows, for every penalty. */
const STEPS_MAX = 200
/** Largest derivative per row, in standardised columns, at which a fit counts as arrived. */
const GRADIENT_MAX = 1e-9

export interface LogisticModel {
  /** Its prediction is the logit of the probability of label 1. */
  readonly linear: RidgeModel
  /** Whether the derivative came below its limit before the steps ran out. */
  readonly converged: boolean
}

/** Labels are 0 or 1. Fits every penalty on `train`, keeps the one with the lowest log loss on `validation`. */
export function fitLogistic(
  train: LabelledParts,
  validation: LabelledParts,
  width: number,
  penalties: readonly number[] = LOGISTIC_PENALTY_GRID,
): LogisticModel {
  const standardisation = fitStandardisation(train.parts, width)
  const sums = gramSums(train, standardisation)
  let start: Float64Array | undefined
  let best: LogisticModel | undefined
  let bestLoss = Infinity
  for (const penalty of penalties) {
    const fitted = minimise(train, sums, standardisation, penalty, start)
    if (fitted === undefined) continue
    // From large penalties to small: each starts where the one before arrived.
    start = fitted.solution
    const loss = logLoss(fitted.linear, validation)
    if (loss < bestLoss) {
      best = fitted
      bestLoss = loss
    }
  }
  if (best === undefined)
    throw new Error('No penalty of the grid gave a finite logistic regression')
  return { linear: best.linear, converged: best.converged }
}

interface Minimum extends LogisticModel {
  /** Weights of the standardised columns, then the intercept. */
  readonly solution: Float64Array
}

/** @returns undefined if the penalty is too small for these columns to be told apart */
function minimise(
  train: LabelledParts,
  sums: GramSums,
  standardisation: Standardisation,
  penalty: number,
  start: Float64Array | undefined,
): Minimum | undefined {
  const width = sums.sums.length
  const bound = new CholeskyDecomposition(boundOf(sums, standardisation, penalty))
  if (!bound.isPositiveDefinite()) return undefined
  const solution = start?.slice() ?? startOf(sums)
  // Of one class only there is no minimum: the intercept would go on for ever.
  let converged = sums.labelSum === 0 || sums.labelSum === sums.rows
  for (let step = 0; step < STEPS_MAX && !converged; step += 1) {
    const gradient = gradientOf(train, standardisation, solution)
    for (let column = 0; column < width; column += 1)
      gradient[column]! -= penalty * sums.rows * solution[column]!
    converged = gradient.every((value) => Math.abs(value) <= GRADIENT_MAX * sums.rows)
    const changes = bound.solve(Matrix.columnVector(gradient)).to1DArray()
    for (const [index, change] of changes.entries()) solution[index]! += change
  }
  if (!solution.every(Number.isFinite)) return undefined
  const weights = Float64Array.from(
    standardisation.scale,
    (scale, column) => solution[column]! * scale,
  )
  const linear = { standardisation, weights, intercept: solution[width]! + 0, penalty }
  return { linear, converged, solution }
}

/** No weights, and the intercept of the share of labels 1. */
function startOf(sums: GramSums): Float64Array {
  const solution = new Float64Array(sums.sums.length + 1)
  const share = Math.min(0.999, Math.max(0.001, sums.labelSum / sums.rows))
  solution[sums.sums.length] = Math.log(share / (1 - share))
  return solution
}

/** A quarter of the Gram matrix, the column of ones last, and the penalty. */
function boundOf(sums: GramSums, { scale }: Standardisation, penalty: number): Matrix {
  const width = sums.sums.length
  const bound = new Matrix(width + 1, width + 1)
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const own = i === j ? (scale[i] === 0 ? 1 : penalty * sums.rows) : 0
      const value = sums.products[i * width + j]! / 4 + own
      bound.set(i, j, value)
      bound.set(j, i, value)
    }
    bound.set(i, width, sums.sums[i]! / 4)
    bound.set(width, i, sums.sums[i]! / 4)
  }
  bound.set(width, width, sums.rows / 4)
  return bound
}

/** Sum over rows of the column times what the label exceeds the probability by; the intercept last. */
function gradientOf(
  { parts, labels }: LabelledParts,
  standardisation: Standardisation,
  solution: Float64Array,
): Float64Array {
  const width = standardisation.mean.length
  const gradient = new Float64Array(width + 1)
  const values = new Float64Array(width)
  let row = 0
  for (const matrix of parts) {
    for (let base = 0; base < matrix.length; base += width) {
      let logit = solution[width]!
      for (let column = 0; column < width; column += 1) {
        const value =
          centred(standardisation, column, matrix[base + column]!) * standardisation.scale[column]!
        values[column] = value
        logit += value * solution[column]!
      }
      const excess = labels[row++]! - 1 / (1 + Math.exp(-logit))
      for (let column = 0; column < width; column += 1)
        gradient[column]! += excess * values[column]!
      gradient[width]! += excess
    }
  }
  return gradient
}

function logLoss(linear: RidgeModel, { parts, labels }: LabelledParts): number {
  let row = 0
  let sum = 0
  for (const part of parts) {
    for (const logit of predictRidge(linear, part)) {
      // log(1 + exp(-z)) without overflow, z the logit in favour of the label.
      const z = labels[row++] === 1 ? logit : -logit
      sum += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(0, -z)
    }
  }
  return sum / row
}

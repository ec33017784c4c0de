/**
 * Weights of a blend that are never negative: a member may be left out, but not turned around.
 * Source: Breiman, "Stacked regressions", Machine Learning 24 (1996).
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/** All subsets of the members are tried. */
const MEMBERS_MAX = 8
const STEPS_MAX = 2_000
/** Largest change of a weight at which the weights count as arrived. */
const CHANGE_MAX = 1e-10

/**
 * The non-negative least squares fit `labels = sum of weight x member`, without an intercept: weights of
 * 0 are the zero forecast. Exact: the best of all subsets of members whose own fit is not negative.
 * @param members `[member][row]`
 */
export function leastSquaresWeights(
  members: readonly Float64Array[],
  labels: Float64Array,
): Float64Array {
  if (members.length > MEMBERS_MAX) throw new RangeError(`At most ${MEMBERS_MAX} members`)
  const products = members.map((one) => members.map((other) => dot(one, other)))
  const right = members.map((one) => dot(one, labels))
  let best = new Float64Array(members.length)
  let bestGain = 0
  for (let subset = 1; subset < 2 ** members.length; subset += 1) {
    const chosen = members.flatMap((_, member) => ((subset >> member) & 1 ? [member] : []))
    const normal = new Matrix(chosen.map((i) => chosen.map((j) => products[i]![j]!)))
    const decomposition = new CholeskyDecomposition(normal)
    if (!decomposition.isPositiveDefinite()) continue
    const goals = Matrix.columnVector(chosen.map((i) => right[i]!))
    const solved = decomposition.solve(goals).to1DArray()
    if (!solved.every((weight) => weight >= 0)) continue
    // At the optimum of a subset the squared error fell by weights x right side.
    const gain = chosen.reduce((sum, member, at) => sum + solved[at]! * right[member]!, 0)
    if (gain <= bestGain) continue
    bestGain = gain
    best = new Float64Array(members.length)
    for (const [at, member] of chosen.entries()) best[member] = solved[at]!
  }
  return best
}

/**
 * The mixture of probabilities with the lowest log loss, weights summing to 1, by expectation
 * maximisation: a convex problem, every step lowers the loss, no weight becomes negative.
 * @param members `[member][row]`, probability of label 1, strictly between 0 and 1
 * @param labels 0 or 1
 */
export function mixtureWeights(
  members: readonly Float64Array[],
  labels: Float64Array,
): Float64Array {
  const likelihoods = members.map((member) =>
    member.map((probability, row) => (labels[row] === 1 ? probability : 1 - probability)),
  )
  let weights = new Float64Array(members.length).fill(1 / members.length)
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = maximise(likelihoods, weights, labels.length)
    const change = next.reduce(
      (worst, weight, at) => Math.max(worst, Math.abs(weight - weights[at]!)),
      0,
    )
    weights = next
    if (change <= CHANGE_MAX) break
  }
  return weights
}

/** A member's new weight is the share of the rows' likelihood that it explains. */
function maximise(
  likelihoods: readonly Float64Array[],
  weights: Float64Array,
  rows: number,
): Float64Array<ArrayBuffer> {
  const shares = new Float64Array(weights.length)
  for (let row = 0; row < rows; row += 1) {
    let total = 0
    for (let member = 0; member < weights.length; member += 1)
      total += weights[member]! * likelihoods[member]![row]!
    for (let member = 0; member < weights.length; member += 1)
      shares[member]! += (weights[member]! * likelihoods[member]![row]!) / total
  }
  return shares.map((share) => share / rows)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let row = 0; row < a.length; row += 1) sum += a[row]! * b[row]!
  return sum
}

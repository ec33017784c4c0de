/**
 * How large the move over a horizon will be, from how volatile the market is now: a weighted least
 * squares of the absolute return on volatility, kept as normal equations that forget slowly and are
 * solved now and then (recursive least squares in its information form; deterministic).
 *
 * Davidian & Carroll (1987), Variance function estimation: absolute residuals on a scale model are
 * robust where squared ones are not; the weights make errors relative, so calm days count as well.
 */

/** Inputs: 1, `volatility_50` and `hl_range_ma20` over the close, the last two in percent. */
const MOVE_INPUTS = 3
export type MoveInputs = readonly [one: number, volatility: number, range: number]

export interface MoveModel {
  /** Upper triangle included, row-major `[3, 3]`. */
  readonly gram: Float64Array
  readonly moment: Float64Array
  /** NaN until it is fitted. */
  readonly weights: Float64Array
  updates: number
}

/** Share of weight an observation keeps with each later one: about 50 sessions of New York. */
const KEEP = 1 - 1 / 20_000
/** Observations before the first fit, and between two. */
const FIRST_FIT = 300
const FIT_EVERY = 50
/** Smallest volatility, percent a minute, that weights are counted with. */
const VOLATILITY_MIN = 1e-4
/** Of the mean diagonal, added to it: the inputs are close to collinear. */
const RIDGE = 1e-9

export const moveModel = (): MoveModel => ({
  gram: new Float64Array(MOVE_INPUTS * MOVE_INPUTS),
  moment: new Float64Array(MOVE_INPUTS),
  weights: new Float64Array(MOVE_INPUTS).fill(NaN),
  updates: 0,
})

/** @param realized return over the horizon, percent. Inputs that are not finite are passed over. */
export function learnMove(model: MoveModel, inputs: MoveInputs, realized: number): void {
  if (!inputs.every(Number.isFinite) || !Number.isFinite(realized)) return
  const weight = 1 / Math.max(inputs[1], VOLATILITY_MIN) ** 2
  for (let row = 0; row < MOVE_INPUTS; row += 1) {
    const weighted = weight * inputs[row]!
    model.moment[row] = KEEP * model.moment[row]! + weighted * Math.abs(realized)
    for (let column = 0; column < MOVE_INPUTS; column += 1) {
      const cell = row * MOVE_INPUTS + column
      model.gram[cell] = KEEP * model.gram[cell]! + weighted * inputs[column]!
    }
  }
  model.updates += 1
  if (model.updates >= FIRST_FIT && model.updates % FIT_EVERY === 0) fit(model)
}

/** @returns the square of the expected absolute move over the horizon, percent²; NaN if not known. */
export function moveSquared({ weights }: MoveModel, inputs: MoveInputs): number {
  let size = 0
  for (let at = 0; at < MOVE_INPUTS; at += 1) size += weights[at]! * inputs[at]!
  if (!Number.isFinite(size)) return NaN
  return Math.max(size, VOLATILITY_MIN) ** 2
}

/** Gaussian elimination with partial pivoting of the 3 x 3 system. */
function fit({ gram, moment, weights }: MoveModel): void {
  const n = MOVE_INPUTS
  const ridge = (RIDGE * (gram[0]! + gram[4]! + gram[8]!)) / n
  const rows = Array.from({ length: n }, (_, row) => [
    ...Array.from(
      { length: n },
      (__, column) => gram[row * n + column]! + +(row === column) * ridge,
    ),
    moment[row]!,
  ])
  for (let pivot = 0; pivot < n; pivot += 1) {
    let best = pivot
    for (let row = pivot + 1; row < n; row += 1)
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row
    ;[rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!]
    const lead = rows[pivot]![pivot]!
    // All inputs the same (a market that stands still): nothing is learnt from that.
    if (lead === 0) return
    for (let row = pivot + 1; row < n; row += 1) {
      const factor = rows[row]![pivot]! / lead
      for (let column = pivot; column <= n; column += 1)
        rows[row]![column]! -= factor * rows[pivot]![column]!
    }
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    let value = rows[row]![n]!
    for (let column = row + 1; column < n; column += 1)
      value -= rows[row]![column]! * weights[column]!
    weights[row] = value / rows[row]![row]!
  }
}

/**
 * How good predictions were over a stretch of outcomes, each measure beside what needs no model: the
 * zero return, and the probability of one half. Sums are taken afresh, in the order of target times.
 *
 * Sources: Brier (1950), Verification of forecasts expressed in terms of probability; expected
 * calibration error as in Naeini, Cooper & Hauskrecht (2015), over ten bins of equal count.
 */
import type { ModelQuality } from '../../schemas/generated.ts'
import {
  ROW_HIGH,
  ROW_LOW,
  ROW_PREDICTED,
  ROW_PROBABILITY,
  ROW_REALIZED,
  ROW_WIDTH,
  type OutcomeRows,
} from './outcome-rows.ts'

export type RegressionMeasures = Pick<
  ModelQuality,
  'rmse' | 'mae' | 'bias' | 'r2VsZero' | 'directionalAccuracy'
>
export type ZeroMeasures = Pick<ModelQuality, 'zeroRmse' | 'zeroMae' | 'upShare'>
export type ProbabilityMeasures = Pick<
  ModelQuality,
  'brier' | 'zeroBrier' | 'logLoss' | 'calibrationError'
>
export type IntervalMeasures = Pick<ModelQuality, 'coverage' | 'intervalWidth' | 'intervalOutcomes'>

const BINS = 10
const LOG_LOSS_CUT = 1e-15

/** Rows `from` to `to` of the store; none give nulls. */
export interface Stretch {
  readonly rows: OutcomeRows
  readonly from: number
  readonly to: number
}

const at = ({ rows }: Stretch, row: number, column: number): number =>
  rows.data[row * ROW_WIDTH + column]!

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** What forecasting no change would have reached. */
export function zeroMeasures(stretch: Stretch): ZeroMeasures {
  const { from, to } = stretch
  let [squares, sizes, moved, up] = [0, 0, 0, 0]
  for (let row = from; row < to; row += 1) {
    const realized = at(stretch, row, ROW_REALIZED)
    squares += realized * realized
    sizes += Math.abs(realized)
    if (realized !== 0) moved += 1
    if (realized > 0) up += 1
  }
  const mean = share(squares, to - from)
  return {
    zeroRmse: mean === null ? null : Math.sqrt(mean),
    zeroMae: share(sizes, to - from),
    upShare: share(up, moved),
  }
}

export function regressionMeasures(stretch: Stretch): RegressionMeasures {
  const { from, to } = stretch
  let [squares, sizes, sum, zeroSquares, moved, right] = [0, 0, 0, 0, 0, 0]
  for (let row = from; row < to; row += 1) {
    const predicted = at(stretch, row, ROW_PREDICTED)
    const realized = at(stretch, row, ROW_REALIZED)
    const error = predicted - realized
    squares += error * error
    sizes += Math.abs(error)
    sum += error
    zeroSquares += realized * realized
    if (realized === 0) continue
    moved += 1
    if (Math.sign(predicted) === Math.sign(realized)) right += 1
  }
  const mean = share(squares, to - from)
  const ratio = share(squares, zeroSquares)
  return {
    rmse: mean === null ? null : Math.sqrt(mean),
    mae: share(sizes, to - from),
    bias: share(sum, to - from),
    r2VsZero: ratio === null ? null : 1 - ratio,
    directionalAccuracy: share(right, moved),
  }
}

/** Of the rows that carry a probability. */
export function probabilityMeasures(stretch: Stretch): ProbabilityMeasures {
  const pairs: { readonly p: number; readonly up: number }[] = []
  let [squares, losses] = [0, 0]
  for (let row = stretch.from; row < stretch.to; row += 1) {
    const p = at(stretch, row, ROW_PROBABILITY)
    if (Number.isNaN(p)) continue
    const up = at(stretch, row, ROW_REALIZED) > 0 ? 1 : 0
    squares += (p - up) ** 2
    losses -= Math.log(Math.min(1, Math.max(LOG_LOSS_CUT, up === 1 ? p : 1 - p)))
    pairs.push({ p, up })
  }
  return {
    brier: share(squares, pairs.length),
    zeroBrier: pairs.length === 0 ? null : 0.25,
    logLoss: share(losses, pairs.length),
    calibrationError: pairs.length === 0 ? null : calibrationError(pairs),
  }
}

/** Bins of equal count by probability; the sort is stable, so equal ones stay in time order. */
function calibrationError(pairs: readonly { readonly p: number; readonly up: number }[]): number {
  const sorted = [...pairs].sort((a, b) => a.p - b.p)
  let total = 0
  for (let bin = 0; bin < BINS; bin += 1) {
    const first = Math.floor((bin * sorted.length) / BINS)
    const last = Math.floor(((bin + 1) * sorted.length) / BINS)
    let difference = 0
    for (let index = first; index < last; index += 1)
      difference += sorted[index]!.p - sorted[index]!.up
    total += Math.abs(difference)
  }
  return total / sorted.length
}

/** Of the rows that carry an interval. */
export function intervalMeasures(stretch: Stretch): IntervalMeasures {
  let [count, inside, width] = [0, 0, 0]
  for (let row = stretch.from; row < stretch.to; row += 1) {
    const low = at(stretch, row, ROW_LOW)
    const high = at(stretch, row, ROW_HIGH)
    if (Number.isNaN(low) || Number.isNaN(high)) continue
    const realized = at(stretch, row, ROW_REALIZED)
    count += 1
    width += high - low
    if (realized >= low && realized <= high) inside += 1
  }
  return {
    coverage: share(inside, count),
    intervalWidth: share(width, count),
    intervalOutcomes: count,
  }
}

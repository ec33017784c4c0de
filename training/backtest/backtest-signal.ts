/**
 * What trading on a forecast would have brought after costs.
 *
 * A forecast reaches `horizon` minutes ahead and there is one every minute: trading all of them would
 * count each minute of the market thirty times. So a position is taken, held until its label is
 * known, and only then the next forecast is looked at: decisions do not overlap. At each decision the
 * stake of 1 is spread evenly over the instruments that have a forecast. Costs are paid on every
 * change of position; one that is kept from a decision to the next costs nothing, a break between the
 * two closes it. Returns are added, not compounded: the stake stays the same.
 */
import { costPerSide, type BacktestCosts } from './backtest-costs.ts'

/** Rows in order of time; those of one time (several instruments) follow each other. */
export interface ForecastRows {
  /** Percent return, or probability of an upward move. */
  readonly predictions: Float64Array
  /** Forward returns, percent. */
  readonly labels: Float64Array
  readonly eventTimeMs: Float64Array
  readonly labelTimeMs: Float64Array
  /** Which instrument a row is of; all the same one if not given. */
  readonly instrumentOf?: ArrayLike<number>
}

export interface BacktestOptions {
  readonly costs: BacktestCosts
  /** Forecast of no move: 0 for returns, 0.5 for probabilities. */
  readonly centre: number
  /** Least distance from the centre, in its unit, for a position; 0: every sign counts. */
  readonly threshold: number
}

export interface Backtest {
  /** Percent of the stake per decision, after costs, in order. */
  readonly net: Float64Array
  /** The same before costs. */
  readonly gross: Float64Array
  /** What holding the instruments over the same decisions brought, without costs. */
  readonly hold: Float64Array
  /** When each decision was taken, ms. */
  readonly timeMs: Float64Array
  /** Stakes bought and sold in all. */
  readonly turnover: number
  /** Decisions with a position. */
  readonly active: number
}

type Positions = ReadonlyMap<number, number>
const FLAT: Positions = new Map()

export function backtestSignal(rows: ForecastRows, options: BacktestOptions): Backtest {
  const side = costPerSide(options.costs)
  const steps: { timeMs: number; gross: number; hold: number; cost: number; active: boolean }[] = []
  let held = FLAT
  let heldUntilMs = -Infinity
  let turnover = 0
  const trade = (target: Positions): number => {
    const change = distance(held, target)
    held = target
    turnover += change
    return change * side
  }
  for (let from = 0; from < rows.labels.length;) {
    const timeMs = rows.eventTimeMs[from]!
    let to = from
    while (to < rows.labels.length && rows.eventTimeMs[to] === timeMs) to += 1
    const decision = { from, to }
    from = to
    if (timeMs < heldUntilMs) continue
    // The exit over a break is a cost of the decision that is left.
    const last = steps.at(-1)
    if (timeMs > heldUntilMs && last !== undefined) last.cost += trade(FLAT)
    const target = positionsOf(rows, decision, options)
    const cost = trade(target)
    steps.push({ timeMs, ...returnsOf(rows, decision, target), cost, active: target.size > 0 })
    heldUntilMs = latest(rows.labelTimeMs, decision)
  }
  const last = steps.at(-1)
  if (last !== undefined) last.cost += trade(FLAT)
  const each = (value: (step: (typeof steps)[number]) => number) => Float64Array.from(steps, value)
  return {
    net: each(({ gross, cost }) => gross - cost),
    gross: each(({ gross }) => gross),
    hold: each(({ hold }) => hold),
    timeMs: each((step) => step.timeMs),
    turnover,
    active: steps.filter(({ active }) => active).length,
  }
}

interface Decision {
  readonly from: number
  readonly to: number
}

/** Instruments with a position; those without one are not listed. */
function positionsOf(
  rows: ForecastRows,
  { from, to }: Decision,
  { centre, threshold }: BacktestOptions,
): Positions {
  const positions = new Map<number, number>()
  for (let row = from; row < to; row += 1) {
    const distanceFromCentre = rows.predictions[row]! - centre
    if (distanceFromCentre === 0 || Math.abs(distanceFromCentre) < threshold) continue
    positions.set(rows.instrumentOf?.[row] ?? 0, Math.sign(distanceFromCentre) / (to - from))
  }
  return positions
}

function returnsOf(rows: ForecastRows, { from, to }: Decision, target: Positions) {
  let [gross, hold] = [0, 0]
  for (let row = from; row < to; row += 1) {
    const label = rows.labels[row]!
    gross += (target.get(rows.instrumentOf?.[row] ?? 0) ?? 0) * label
    hold += label / (to - from)
  }
  return { gross, hold }
}

function latest(times: Float64Array, { from, to }: Decision): number {
  let last = -Infinity
  for (let row = from; row < to; row += 1) last = Math.max(last, times[row]!)
  return last
}

function distance(a: Positions, b: Positions): number {
  let sum = 0
  for (const instrument of new Set([...a.keys(), ...b.keys()]))
    sum += Math.abs((a.get(instrument) ?? 0) - (b.get(instrument) ?? 0))
  return sum
}

/** What the report draws of a candidate: forecasts beside what came, and the equity of the backtest. */
import type { Backtest } from '../backtest/backtest-signal.ts'
import { labelsOf, type Dataset } from '../examples/dataset.ts'
import type { TimeSplit } from '../examples/time-split.ts'
import type { EquityPoint, SplitForecast } from '../report/training-report-data.ts'

/** Rows of a split that the report gets, evenly spread: 20,000 are half a megabyte. */
const FORECAST_ROWS_MAX = 20_000
const EQUITY_POINTS_MAX = 2_000
/** Splits a model was not fitted to. */
const SHOWN = ['test', 'out_of_time', 'out_of_time_2'] as const

/** @param predictions of every row of the data set */
export const forecastsOf = (
  predictions: Float64Array,
  dataset: Dataset,
  { ranges }: TimeSplit,
): SplitForecast[] =>
  SHOWN.map((split) => {
    const { from, to } = ranges[split]
    const step = Math.max(1, Math.ceil((to - from) / FORECAST_ROWS_MAX))
    const each = (values: Float64Array) => values.filter((_, row) => row % step === 0)
    return {
      split,
      eventTimeMs: each(dataset.eventTimeMs.subarray(from, to)),
      actual: each(labelsOf(dataset, { from, to })),
      predicted: each(predictions.subarray(from, to)),
    }
  })

/** The last decision is always one of the points. */
export function equityOf({ gross, net, timeMs }: Backtest): EquityPoint[] {
  const step = Math.max(1, Math.ceil(net.length / EQUITY_POINTS_MAX))
  const points: EquityPoint[] = []
  let [grossPercent, netPercent] = [0, 0]
  for (let decision = 0; decision < net.length; decision += 1) {
    grossPercent += gross[decision]!
    netPercent += net[decision]!
    if (decision % step === 0 || decision === net.length - 1)
      points.push({ eventTimeMs: timeMs[decision]!, grossPercent, netPercent })
  }
  return points
}

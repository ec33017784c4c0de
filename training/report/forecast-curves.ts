/** What the report draws of forecasts beside what came: ROC, calibration, confusion, residuals. */
import type { Point } from '../../processors/reports/charts/line-chart.ts'
import type { Objective } from '../models/model-trainer.ts'
import type { SplitForecast } from './training-report-data.ts'

/** Groups of equal count in a calibration curve, as in the calibration error of the metrics. */
const CALIBRATION_GROUPS = 10

type Forecast = Pick<SplitForecast, 'actual' | 'predicted'>

/** The forecast from which on an upward move is predicted. */
const upwardFrom = (objective: Objective): number => (objective === 'regression' ? 0 : 0.5)

/**
 * Share of upward moves found (y) for each share of others taken for one (x), over all thresholds;
 * forecasts that are equal are taken together. Empty where all labels are of one kind.
 */
export function rocCurve({ actual, predicted }: Forecast): Point[] {
  const order = [...predicted.keys()].sort((a, b) => predicted[b]! - predicted[a]!)
  const upward = actual.reduce((count, label) => count + (label > 0 ? 1 : 0), 0)
  const others = actual.length - upward
  if (upward === 0 || others === 0) return []
  const points: Point[] = [[0, 0]]
  let [found, mistaken] = [0, 0]
  for (const [place, row] of order.entries()) {
    if (actual[row]! > 0) found += 1
    else mistaken += 1
    const next = order[place + 1]
    if (next === undefined || predicted[next] !== predicted[row])
      points.push([mistaken / others, found / upward])
  }
  return points
}

/** Area under {@link rocCurve} by trapezoids; NaN without one. */
export function areaUnder(curve: readonly Point[]): number {
  if (curve.length === 0) return NaN
  return curve
    .slice(1)
    .reduce((sum, [x, y], i) => sum + ((x - curve[i]![0]) * (y + curve[i]![1])) / 2, 0)
}

/**
 * Ten groups of equal count by forecast: the mean forecast (x) and what came (y), the mean return or
 * the share of upward moves.
 */
export function calibrationCurve({ actual, predicted }: Forecast, objective: Objective): Point[] {
  const order = [...predicted.keys()].sort((a, b) => predicted[a]! - predicted[b]!)
  const groups = Math.min(CALIBRATION_GROUPS, order.length)
  return Array.from({ length: groups }, (_, group): Point => {
    const rows = order.slice(
      Math.floor((order.length * group) / groups),
      Math.floor((order.length * (group + 1)) / groups),
    )
    const mean = (valueOf: (row: number) => number) =>
      rows.reduce((sum, row) => sum + valueOf(row), 0) / rows.length
    return [
      mean((row) => predicted[row]!),
      mean((row) => (objective === 'regression' ? actual[row]! : actual[row]! > 0 ? 1 : 0)),
    ]
  })
}

/** Rows by what came (up, not up) and what was forecast (up, not up). */
export function confusion(
  { actual, predicted }: Forecast,
  objective: Objective,
): readonly [readonly [number, number], readonly [number, number]] {
  const counts: [[number, number], [number, number]] = [
    [0, 0],
    [0, 0],
  ]
  const threshold = upwardFrom(objective)
  for (const [row, label] of actual.entries())
    counts[label > 0 ? 0 : 1][predicted[row]! > threshold ? 0 : 1] += 1
  return counts
}

/** What came less the forecast; for a probability the label is 0 or 1. */
export const residuals = ({ actual, predicted }: Forecast, objective: Objective): Float64Array =>
  actual.map(
    (label, row) => (objective === 'regression' ? label : label > 0 ? 1 : 0) - predicted[row]!,
  )

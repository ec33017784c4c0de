/** Lines over numbers or times. */
import type { Html } from '../html.ts'
import { COLOURS, SERIES_COLOURS } from './chart-colours.ts'
import { axis, drawChart, grid, legend, type ChartFrame } from './draw-chart.ts'
import { thinned } from './thin-points.ts'

export type Point = readonly [x: number, y: number]

export interface Line {
  readonly name: string
  readonly points: readonly Point[]
  /** A line to compare with, such as a diagonal. */
  readonly style?: 'solid' | 'dashed'
}

export interface LineChart extends ChartFrame {
  readonly x: string
  readonly y: string
  /** `time`: x is ms since 1970, shown in UTC. */
  readonly xKind?: 'value' | 'time'
  readonly lines: readonly Line[]
  /** Least and greatest of both axes; found from the points unless given. */
  readonly range?: readonly [number, number]
}

const DAY_MS = 86_400_000
/** Below it days alone would be written several times, above it they would leave out the year. */
const HOURS_BELOW_MS = 4 * DAY_MS
const YEARS_ABOVE_MS = 400 * DAY_MS

function timeLabels(lines: readonly Line[]): object {
  let [least, greatest] = [Infinity, -Infinity]
  for (const { points } of lines)
    for (const [x] of points) [least, greatest] = [Math.min(least, x), Math.max(greatest, x)]
  const span = greatest - least
  const formatter =
    span < HOURS_BELOW_MS
      ? '{d} {MMM} {HH}:{mm}'
      : span > YEARS_ABOVE_MS
        ? '{MMM} {yyyy}'
        : '{d} {MMM}'
  return { axisLabel: { color: COLOURS.muted, fontSize: 12, hideOverlap: true, formatter } }
}

/** Points of one line; a wider drawing could not show more. */
const POINTS_MAX = 600

export function lineChart(chart: LineChart): Html {
  const { range, lines, xKind = 'value' } = chart
  const bounds = range === undefined ? { scale: true } : { min: range[0], max: range[1] }
  return drawChart(chart, {
    useUTC: true,
    grid: grid(),
    legend: legend(lines.map(({ name }) => name)),
    xAxis: axis(chart.x, {
      type: xKind,
      ...bounds,
      ...(xKind === 'time' ? timeLabels(lines) : {}),
    }),
    yAxis: axis(chart.y, { type: 'value', nameGap: 48, ...bounds }),
    series: lines.map(({ name, points, style = 'solid' }, index) => ({
      type: 'line',
      name,
      silent: true,
      showSymbol: points.length === 1,
      data: thinned(points, POINTS_MAX),
      color: SERIES_COLOURS[index % SERIES_COLOURS.length],
      lineStyle: { width: style === 'dashed' ? 1.25 : 1.75, type: style },
    })),
  })
}

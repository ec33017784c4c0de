/** Points, with an optional line to compare them with. */
import type { Html } from '../html.ts'
import { COLOURS } from './chart-colours.ts'
import { axis, drawChart, grid, type ChartFrame } from './draw-chart.ts'
import type { Point } from './line-chart.ts'
import { everyNth } from './thin-points.ts'

export interface ScatterChart extends ChartFrame {
  readonly x: string
  readonly y: string
  readonly points: readonly Point[]
  /** Drawn dashed. */
  readonly line?: readonly Point[]
}

/** More of them hide each other, and each is 150 bytes of the page. */
const POINTS_MAX = 1_500

export function scatterChart(chart: ScatterChart): Html {
  const points = everyNth(chart.points, POINTS_MAX)
  return drawChart(chart, {
    grid: grid({ top: 16 }),
    xAxis: axis(chart.x, { type: 'value', scale: true }),
    yAxis: axis(chart.y, { type: 'value', scale: true, nameGap: 48 }),
    series: [
      {
        type: 'scatter',
        silent: true,
        symbolSize: 4,
        data: points,
        itemStyle: { color: COLOURS.series1, opacity: 0.35 },
      },
      ...(chart.line === undefined
        ? []
        : [
            {
              type: 'line',
              silent: true,
              showSymbol: false,
              data: chart.line,
              color: COLOURS.series2,
              lineStyle: { type: 'dashed', width: 1.5 },
            },
          ]),
    ],
  })
}

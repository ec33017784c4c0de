/** Two shares a bin side by side, bins from above: a distribution then and now. */
import type { Html } from '../html.ts'
import { COLOURS, SERIES_COLOURS } from './chart-colours.ts'
import { axis, drawChart, grid, legend, type ChartFrame } from './draw-chart.ts'

export interface PairedBarChart extends Omit<ChartFrame, 'height'> {
  readonly x: string
  /** Names of the bins, in order. */
  readonly bins: readonly string[]
  /** One value a bin each. */
  readonly pair: readonly [PairedSeries, PairedSeries]
}

export interface PairedSeries {
  readonly name: string
  readonly values: readonly number[]
}

/** Narrower than other charts: there are many, two beside each other. */
const WIDTH = 520
const BIN_HEIGHT = 28
const NAME_WIDTH = 150

export function pairedBarChart(chart: PairedBarChart): Html {
  const height = 96 + BIN_HEIGHT * Math.max(1, chart.bins.length)
  return drawChart(
    { width: WIDTH, ...chart, height },
    {
      grid: grid({ top: 32, left: NAME_WIDTH + 16 }),
      legend: legend(chart.pair.map(({ name }) => name)),
      xAxis: axis(chart.x, { type: 'value', min: 0 }),
      yAxis: {
        ...axis(''),
        type: 'category',
        inverse: true,
        data: [...chart.bins],
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { color: COLOURS.ink, fontSize: 12, interval: 0 },
      },
      series: chart.pair.map(({ name, values }, index) => ({
        type: 'bar',
        name,
        silent: true,
        barGap: '0%',
        barCategoryGap: '30%',
        data: [...values],
        itemStyle: { color: SERIES_COLOURS[index] },
      })),
    },
  )
}

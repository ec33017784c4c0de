/** Horizontal bars with names, in the order given from above. */
import type { Html } from '../html.ts'
import { COLOURS } from './chart-colours.ts'
import { axis, drawChart, grid, type ChartFrame } from './draw-chart.ts'

export interface BarChart extends Omit<ChartFrame, 'height'> {
  readonly x: string
  readonly bars: readonly { readonly name: string; readonly value: number }[]
}

const BAR_HEIGHT = 22
/** A longer name is cut; a table beside the chart has it whole. */
const NAME_WIDTH = 190

export function barChart(chart: BarChart): Html {
  const height = 72 + BAR_HEIGHT * Math.max(1, chart.bars.length)
  return drawChart(
    { ...chart, height },
    {
      grid: grid({ top: 8, left: NAME_WIDTH + 16 }),
      xAxis: axis(chart.x, { type: 'value' }),
      yAxis: {
        ...axis(''),
        type: 'category',
        inverse: true,
        data: chart.bars.map(({ name }) => name),
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: {
          color: COLOURS.ink,
          fontSize: 12,
          width: NAME_WIDTH,
          overflow: 'truncate',
          interval: 0,
        },
      },
      series: [
        {
          type: 'bar',
          silent: true,
          barCategoryGap: '25%',
          data: chart.bars.map(({ value }) => value),
          itemStyle: { color: COLOURS.series1 },
        },
      ],
    },
  )
}

/** Numbers in a grid: the deeper the colour the larger the number, which is written in every cell. */
import type { Html } from '../html.ts'
import { COLOURS } from './chart-colours.ts'
import { axis, drawChart, grid, type ChartFrame } from './draw-chart.ts'

export interface HeatMap extends ChartFrame {
  readonly x: string
  readonly y: string
  readonly columns: readonly string[]
  readonly rows: readonly string[]
  /** `[rows][columns]`, not negative; null leaves a cell empty. */
  readonly values: readonly (readonly (number | null)[])[]
  /** What is written in a cell; the number itself unless given. */
  readonly textOf?: (value: number) => string
}

/** Deepest colour: text stays readable on it in light and in dark. */
const OPACITY_MAX = 0.55

export function heatMap(chart: HeatMap): Html {
  const { columns, rows, values, textOf = String } = chart
  const largest = values.flat().reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
  const cells = values.flatMap((row, y) =>
    row.flatMap((value, x) =>
      value === null
        ? []
        : [
            {
              value: [x, y, value],
              itemStyle: { color: COLOURS.series1 },
              label: {
                show: true,
                opacity: 1,
                color: COLOURS.ink,
                fontSize: 13,
                formatter: textOf(value),
              },
            },
          ],
    ),
  )
  const names = (data: readonly string[]) => ({
    type: 'category',
    data: [...data],
    splitLine: { show: false },
    axisTick: { show: false },
  })
  return drawChart(chart, {
    grid: grid({ left: 120, top: 8 }),
    xAxis: axis(chart.x, names(columns)),
    yAxis: axis(chart.y, { ...names(rows), inverse: true, nameGap: 96 }),
    visualMap: {
      show: false,
      min: 0,
      max: largest > 0 ? largest : 1,
      dimension: 2,
      inRange: { opacity: [0, OPACITY_MAX] },
    },
    series: [{ type: 'heatmap', silent: true, data: cells }],
  })
}

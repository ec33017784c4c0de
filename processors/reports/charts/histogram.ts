/** How often values fall into bins of equal width; what lies outside the ends is in the end bins. */
import type { Html } from '../html.ts'
import { COLOURS } from './chart-colours.ts'
import { axis, drawChart, grid, type ChartFrame } from './draw-chart.ts'

export interface Histogram extends ChartFrame {
  readonly x: string
  readonly y: string
  readonly values: Float64Array
  /** 41 unless given: an odd number has a bin around the middle. */
  readonly bins?: number
}

/** The ends lie at these shares of the sorted values, so that a few extremes do not flatten the rest. */
const END_SHARE = 0.001

export function histogram(chart: Histogram): Html {
  const { from, width, counts } = binsOf(chart.values, chart.bins ?? 41)
  const digits = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(width || 1))))
  return drawChart(chart, {
    grid: grid({ top: 16 }),
    xAxis: axis(chart.x, {
      type: 'category',
      data: counts.map((_, bin) => (from + width * (bin + 0.5)).toFixed(digits)),
      axisTick: { show: false },
      splitLine: { show: false },
    }),
    yAxis: axis(chart.y, { type: 'value', nameGap: 48 }),
    series: [
      {
        type: 'bar',
        silent: true,
        barCategoryGap: '4%',
        data: counts,
        itemStyle: { color: COLOURS.series1 },
      },
    ],
  })
}

/** @returns the left end of the first bin, the width of each, and how many values each has. */
export function binsOf(
  values: Float64Array,
  bins: number,
): { from: number; width: number; counts: number[] } {
  const sorted = values.filter(Number.isFinite).sort()
  const counts = Array.from({ length: bins }, () => 0)
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0
  const [from, to] = [at(END_SHARE), at(1 - END_SHARE)]
  const width = (to - from) / bins
  for (const value of sorted) {
    const bin = width > 0 ? Math.floor((value - from) / width) : 0
    counts[Math.max(0, Math.min(bins - 1, bin))]! += 1
  }
  return { from, width, counts }
}

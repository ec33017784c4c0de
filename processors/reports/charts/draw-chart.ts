/**
 * Draws an ECharts option as a figure with inline SVG, on the server: no canvas, no browser, no script.
 * The same option gives the same text, whatever was drawn before it.
 */
import { BarChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, VisualMapComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { html, Html } from '../html.ts'
import { COLOURS, PROPERTIES } from './chart-colours.ts'

use([
  BarChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  ScatterChart,
  SVGRenderer,
  VisualMapComponent,
])

export interface ChartFrame {
  /** What is drawn, in words: the caption. */
  readonly title: string
  /** What it shows, for who cannot see it. */
  readonly description: string
  /** Units of the drawing; the page scales it to its column. 640 by 320 unless given. */
  readonly width?: number
  readonly height?: number
}

export function drawChart(frame: ChartFrame, option: EChartsCoreOption): Html {
  const { width = 640, height = 320 } = frame
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, textStyle: { color: COLOURS.muted }, ...option })
    const svg = inPage(chart.renderToSVGString(), frame.description)
    return html`<figure>
      <figcaption>${frame.title}</figcaption>
      ${new Html(svg)}
    </figure>`
  } finally {
    // A chart that is not disposed of keeps the process alive.
    chart.dispose()
  }
}

/** Axes, grid lines and labels all charts share. */
export const axis = (name: string, more: object = {}): object => ({
  name,
  nameLocation: 'middle',
  nameGap: 32,
  nameTextStyle: { color: COLOURS.muted, fontSize: 13 },
  axisLine: { lineStyle: { color: COLOURS.rule } },
  axisTick: { lineStyle: { color: COLOURS.rule } },
  axisLabel: { color: COLOURS.muted, fontSize: 12, hideOverlap: true },
  splitLine: { lineStyle: { color: COLOURS.rule, opacity: 0.6 } },
  ...more,
})

export const legend = (names: readonly string[]): object => ({
  show: names.length > 1,
  data: [...names],
  top: 0,
  icon: 'rect',
  itemHeight: 3,
  itemWidth: 18,
  textStyle: { color: COLOURS.ink, fontSize: 13 },
})

export const grid = (more: object = {}): object => ({
  left: 64,
  right: 16,
  top: 36,
  bottom: 52,
  ...more,
})

function inPage(svg: string, description: string): string {
  let text = svg
    // Hover styles name every element, and a page has many charts whose names would clash.
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ class="zr\d+-cls-\d+"/g, '')
    .replace(/ ecmeta_[a-z_]+="[^"]*"/g, '')
  // Without clip paths nothing in a drawing refers to anything by name.
  text = text.replace(/ clip-path="[^"]*"/g, '').replace(/<defs ?>[\s\S]*?<\/defs>/g, '')
  for (const [name, colour] of Object.entries(COLOURS))
    text = text.replaceAll(colour, PROPERTIES[name as keyof typeof COLOURS])
  const label = html` role="img" aria-label="${description}"`.text
  return text.replace(/^<svg width="[\d.]+" height="[\d.]+"/, `<svg${label}`)
}

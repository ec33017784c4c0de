/**
 * Colours of charts. ECharts wants colours it can read, and the page wants custom properties that
 * change with the reader's system; so charts are drawn in stand-ins that occur nowhere else, and
 * `draw-chart.ts` puts the properties in their place.
 */
export const COLOURS = {
  ink: '#010101',
  muted: '#020202',
  rule: '#030303',
  ground: '#040404',
  series1: '#050501',
  series2: '#050502',
  series3: '#050503',
  series4: '#050504',
} as const

/** Custom properties of `report-style.ts`. */
export const PROPERTIES: Readonly<Record<keyof typeof COLOURS, string>> = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  rule: 'var(--rule)',
  ground: 'var(--ground)',
  series1: 'var(--series-1)',
  series2: 'var(--series-2)',
  series3: 'var(--series-3)',
  series4: 'var(--series-4)',
}

/** For the series of a chart, in order; a fifth starts again. */
export const SERIES_COLOURS: readonly string[] = [
  COLOURS.series1,
  COLOURS.series2,
  COLOURS.series3,
  COLOURS.series4,
]

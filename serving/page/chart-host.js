/**
 * Charts by ECharts, loaded when the first one is needed. One instance a figure for the life of the
 * page; it takes the colours of the style sheet, follows its size, and says in words what it shows.
 */
import { paragraph } from './dom.js'
import { colour, onTheme } from './theme.js'

let loading
const library = () => {
  loading ??= import('/page/lib/echarts.js')
  loading.catch(() => {
    loading = undefined
  })
  return loading
}

const hosts = []
onTheme(() => {
  for (const host of hosts) host.draw()
})

export class ChartHost {
  /** @param figure element to fill; its size counts. */
  constructor(figure) {
    this.figure = figure
    this.chart = undefined
    this.newest = undefined
    this.isDrawing = false
    hosts.push(this)
    new ResizeObserver(() => this.chart?.resize()).observe(figure)
  }

  /**
   * @param optionOf makes the option from the colours of now; undefined: there is nothing to show
   * @param words what the chart shows, or what is awaited while there is nothing
   */
  show(optionOf, words) {
    this.newest = { optionOf, words }
    return this.draw()
  }

  async draw() {
    // A hidden page, and a drawing that waits for the library, only keep the newest.
    if (this.newest === undefined || this.isDrawing) return
    this.isDrawing = true
    try {
      if (this.newest.optionOf !== undefined) await this.make()
      this.paint()
    } catch {
      this.clear('The chart library could not be loaded. It is tried again with the next data.')
    } finally {
      this.isDrawing = false
    }
  }

  async make() {
    if (this.chart !== undefined) return
    const echarts = await library()
    this.figure.replaceChildren()
    this.chart = echarts.init(this.figure, null, { renderer: 'canvas' })
    if (this.onClick !== undefined) this.chart.on('click', this.onClick)
  }

  paint() {
    const { optionOf, words } = this.newest
    if (optionOf === undefined) return this.clear(words)
    const { series, ...option } = optionOf(palette())
    this.chart.setOption({ ...common(), ...option, series }, { notMerge: true, lazyUpdate: true })
    this.figure.setAttribute('role', 'img')
    this.figure.setAttribute('aria-label', words)
  }

  clear(words) {
    this.chart?.dispose()
    this.chart = undefined
    this.figure.removeAttribute('role')
    this.figure.removeAttribute('aria-label')
    if (this.figure.textContent !== words) this.figure.replaceChildren(paragraph(words, 'empty'))
  }
}

const palette = () =>
  Object.fromEntries(
    [
      'ink',
      'soft',
      'line',
      'card',
      'price',
      'forecast',
      'good',
      'bad',
      'band',
      'reference',
      'calm',
      'near',
      'far',
    ].map((name) => [name, colour(name)]),
  )

const common = () => ({
  animation: false,
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour('soft') },
  aria: { enabled: false },
})

/** A value axis with few quiet lines. */
export const valueAxis = (colours, more = {}) => ({
  type: 'value',
  scale: true,
  splitNumber: 4,
  axisLabel: { color: colours.soft, fontSize: 11, ...more.axisLabel },
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: colours.line } },
  nameTextStyle: { color: colours.soft, fontSize: 11 },
  ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'axisLabel')),
})

export const categoryAxis = (colours, data, more = {}) => ({
  type: 'category',
  data,
  axisLabel: { color: colours.soft, fontSize: 11, hideOverlap: true, ...more.axisLabel },
  axisLine: { lineStyle: { color: colours.line } },
  axisTick: { show: false },
  nameTextStyle: { color: colours.soft, fontSize: 11 },
  ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'axisLabel')),
})

/** Drawn on the canvas: the page allows no style in markup. */
export const tooltip = (colours, more = {}) => ({
  trigger: 'axis',
  renderMode: 'richText',
  confine: true,
  transitionDuration: 0,
  backgroundColor: colours.card,
  borderColor: colours.soft,
  borderWidth: 1,
  textStyle: { color: colours.ink, fontSize: 12 },
  axisPointer: { lineStyle: { color: colours.soft }, label: { show: false } },
  ...more,
})

export const legend = (colours, more = {}) => ({
  top: 0,
  left: 0,
  icon: 'roundRect',
  itemWidth: 18,
  itemHeight: 3,
  itemGap: 14,
  textStyle: { color: colours.soft, fontSize: 12 },
  ...more,
})

/** Error of every version over time, beside the naive forecast on the same outcomes. */
import { byId } from '../dom.js'
import { ChartHost, legend, tooltip, valueAxis } from '../chart-host.js'
import { count, digits, moment } from '../format.js'

const host = new ChartHost(byId('quality-chart'))
/** Told apart by dash and symbol, not only by colour. */
const DASHES = ['solid', [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [10, 4], [4, 1], [3, 6]]
const SYMBOLS = [
  'circle',
  'diamond',
  'triangle',
  'rect',
  'roundRect',
  'pin',
  'arrow',
  'emptyCircle',
]

export function showQuality({ points, windowMinutes }) {
  const note = byId('quality-note')
  if (points.length === 0) {
    note.textContent = ''
    return host.show(undefined, 'No errors known in this range yet: they come with the outcomes.')
  }
  const isBrier = points.at(-1).objective === 'classification'
  const unit = isBrier ? 'Brier score' : 'RMSE, percent return'
  const naive = isBrier ? 'always one half' : 'zero forecast'
  note.textContent = `${unit}, over the ${windowMinutes === 60 ? 'hour' : 'day'} before each point. Below the ${naive} is better than knowing nothing; above is worse.`
  const versions = [...new Set(points.map(({ modelVersion }) => modelVersion))]
  const newest = points.at(-1)
  const words = `${unit} over time of ${versions.join(', ')}; newest ${newest.modelVersion} ${digits(newest.error)}, ${naive} ${digits(newest.naiveError)}`
  return host.show((colours) => {
    const inks = [colours.price, colours.forecast, colours.good, colours.bad, colours.ink]
    const line = (name, data, style, symbol) => ({
      name,
      type: 'line',
      data,
      symbol,
      symbolSize: 5,
      showSymbol: data.length < 40,
      lineStyle: { width: 1.6, ...style },
      itemStyle: { color: style.color },
      emphasis: { disabled: true },
    })
    const zero = new Map(points.map(({ timeMs, naiveError }) => [timeMs, naiveError]))
    return {
      grid: { left: 8, right: 58, top: 28, bottom: 22 },
      legend: legend(colours, { type: 'scroll', icon: undefined, itemHeight: 8 }),
      tooltip: tooltip(colours, { formatter: (items) => reading(items, points) }),
      xAxis: {
        type: 'time',
        axisLabel: { color: colours.soft, fontSize: 11, hideOverlap: true },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      yAxis: valueAxis(colours, {
        position: 'right',
        axisLabel: { formatter: (value) => value.toFixed(3) },
      }),
      useUTC: true,
      series: [
        ...versions.map((version, i) =>
          line(
            version,
            points
              .filter(({ modelVersion }) => modelVersion === version)
              .map(({ timeMs, error }) => [timeMs, error]),
            { color: inks[i % inks.length], type: DASHES[i % DASHES.length] },
            SYMBOLS[i % SYMBOLS.length],
          ),
        ),
        line(
          naive,
          [...zero].sort(([a], [b]) => a - b),
          { color: colours.soft, type: [3, 3] },
          'none',
        ),
      ],
    }
  }, words)
}

function reading(items, points) {
  const at = items[0]?.value[0]
  const here = points.filter(({ timeMs }) => timeMs === at)
  return [
    `${moment(at)} UTC`,
    ...here.map(
      ({ modelVersion, role, error, naiveError, outcomes }) =>
        `${modelVersion} ${role} ${digits(error)}, naive ${digits(naiveError)}, ${count(outcomes)} outcomes`,
    ),
  ].join('\n')
}

/** Candles with what was predicted for them, its interval, and what came. */
import { byId } from '../dom.js'
import { categoryAxis, ChartHost, legend, tooltip, valueAxis } from '../chart-host.js'
import { clock, day, money, signed } from '../format.js'

const MINUTE_MS = 60_000
/** Bars beyond the newest one for which a forecast is drawn. */
const AHEAD_MAX = 60
const NAMES = ['predicted', 'came']

const host = new ChartHost(byId('market-chart'))

/**
 * One shape for live frames and for the past.
 * @param candles `[open time, open, high, low, close, volume]`
 * @param forecasts { targetTimeMs, predicted, low, high, came } in prices
 * @param stepMs length of a candle
 */
export function showMarket({ instrument, candles, forecasts, stepMs, isLive }) {
  const last = candles.at(-1)
  byId('market-now').textContent =
    last === undefined
      ? ''
      : `${instrument} ${money(last[4])} at ${day(last[0] + stepMs)} ${clock(last[0] + stepMs)}`
  if (last === undefined) {
    const words = isLive
      ? 'No candles yet. They appear as soon as some are produced.'
      : 'No candles in this range.'
    void host.show(undefined, words)
    return
  }
  const chart = placed(candles, forecasts, stepMs)
  const known = chart.forecasts.filter((each) => each !== undefined).length
  const words = `${candles.length} candles of ${instrument} from ${day(candles[0][0])} ${clock(candles[0][0])}, the newest close ${money(last[4])}, with ${known} predictions`
  void host.show((colours) => optionOf(chart, candles, colours), words)
}

/** Bars stand side by side, nights take no room; times after the newest candle follow by the step. */
function placed(candles, forecasts, stepMs) {
  const closes = candles.map(([open]) => open + stepMs)
  const lastClose = closes.at(-1)
  const furthest = forecasts.reduce((most, { targetTimeMs }) => Math.max(most, targetTimeMs), 0)
  const ahead = Math.min(AHEAD_MAX, Math.max(0, Math.ceil((furthest - lastClose) / stepMs)))
  const times = [
    ...closes,
    ...Array.from({ length: ahead }, (_, i) => lastClose + (i + 1) * stepMs),
  ]
  const placeOf = new Map(times.map((time, index) => [time, index]))
  const at = new Array(times.length).fill(undefined)
  for (const forecast of forecasts) {
    const time =
      stepMs === MINUTE_MS
        ? forecast.targetTimeMs
        : Math.ceil(forecast.targetTimeMs / stepMs) * stepMs
    const place = placeOf.get(time)
    if (place !== undefined) at[place] = forecast
  }
  return { times, forecasts: at, edge: closes.length - 1, stepMs }
}

function optionOf({ times, forecasts, edge, stepMs }, candles, colours) {
  const label = (index) => {
    const time = times[index]
    const isNewDay = index === 0 || day(times[index - 1]) !== day(time)
    return stepMs >= 1_440 * MINUTE_MS ? day(time) : isNewDay ? day(time).slice(5) : clock(time)
  }
  const pick = (name) => forecasts.map((each) => each?.[name] ?? null)
  const low = pick('low')
  const band = pick('high').map((high, i) =>
    high === null || low[i] === null ? null : high - low[i],
  )
  const line = (name, data, style, more = {}) => ({
    name,
    type: 'line',
    data,
    showSymbol: false,
    connectNulls: false,
    lineStyle: style,
    itemStyle: { color: style.color },
    emphasis: { disabled: true },
    ...more,
  })
  const quiet = { width: 0, color: 'transparent' }
  return {
    grid: [
      { left: 8, right: 62, top: 30, height: '70%' },
      { left: 8, right: 62, bottom: 24, height: '13%' },
    ],
    legend: legend(colours, {
      data: [
        { name: 'candles', icon: 'rect', itemStyle: { color: colours.good } },
        { name: 'predicted', lineStyle: { color: colours.forecast } },
        { name: 'interval', icon: 'rect', itemStyle: { color: colours.band } },
      ],
      itemHeight: 8,
    }),
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    tooltip: tooltip(colours, {
      axisPointer: { type: 'cross', lineStyle: { color: colours.soft }, label: { show: false } },
      formatter: (items) => reading(items[0]?.dataIndex ?? 0, times, candles, forecasts),
    }),
    xAxis: [0, 1].map((gridIndex) =>
      categoryAxis(
        colours,
        times.map((_, i) => label(i)),
        {
          gridIndex,
          axisLabel: { show: gridIndex === 1, interval: Math.ceil(times.length / 9) },
        },
      ),
    ),
    yAxis: [
      valueAxis(colours, { position: 'right', axisLabel: { formatter: money } }),
      valueAxis(colours, {
        gridIndex: 1,
        position: 'right',
        splitNumber: 1,
        min: 0,
        axisLabel: { formatter: compactVolume },
        splitLine: { show: false },
      }),
    ],
    series: [
      line('interval low', low, quiet, { stack: 'interval', silent: true }),
      line('interval', band, quiet, {
        stack: 'interval',
        silent: true,
        areaStyle: { color: colours.band },
        itemStyle: { color: colours.band },
      }),
      {
        name: 'candles',
        type: 'candlestick',
        data: candles.map(([, open, high, lowest, close]) => [open, close, lowest, high]),
        // Hollow is up, filled is down: it can be told without colour.
        itemStyle: {
          color: colours.card,
          borderColor: colours.good,
          color0: colours.bad,
          borderColor0: colours.bad,
        },
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: colours.soft, type: [2, 4] },
          label: { show: false },
          data: edge < times.length - 1 ? [{ xAxis: edge }] : [],
        },
      },
      line('predicted', pick('predicted'), { width: 1.8, color: colours.forecast, type: [5, 3] }),
      {
        name: 'volume',
        type: 'bar',
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: candles.map(([, , , , , volume]) => volume),
        itemStyle: { color: colours.soft, opacity: 0.5 },
        emphasis: { disabled: true },
      },
    ],
  }
}

const compactVolume = (value) =>
  value >= 1e6
    ? `${(value / 1e6).toFixed(1)}M`
    : value >= 1_000
      ? `${Math.round(value / 1_000)}k`
      : String(value)

function reading(index, times, candles, forecasts) {
  const lines = [`${day(times[index])} ${clock(times[index])} UTC`]
  const candle = candles[index]
  if (candle !== undefined) {
    const [, open, high, low, close] = candle
    lines.push(
      `open ${money(open)}  high ${money(high)}`,
      `low ${money(low)}  close ${money(close)}`,
    )
  }
  const forecast = forecasts[index]
  if (forecast !== undefined) {
    for (const name of NAMES)
      if (forecast[name] != null) lines.push(`${name} ${money(forecast[name])}`)
    if (forecast.low != null)
      lines.push(`interval ${money(forecast.low)} to ${money(forecast.high)}`)
    lines.push(
      `return said ${signed(forecast.predictedReturn)} %, came ${signed(forecast.realizedReturn)} %`,
    )
  }
  return lines.join('\n')
}

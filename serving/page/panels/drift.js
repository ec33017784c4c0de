/** Drift as a map of features by time; a cell or a feature of the list opens its distributions. */
import { byId, element, show } from '../dom.js'
import { categoryAxis, ChartHost, legend, tooltip, valueAxis } from '../chart-host.js'
import { clock, count, day, digits, moment, percent, shortName } from '../format.js'
import { ask } from '../server.js'

const map = new ChartHost(byId('drift-chart'))
const histogram = new ChartHost(byId('distribution-chart'))
const picker = byId('drift-feature')
let instrument = null
let newest
/** In more columns a number has no room, and the sign alone says it. */
const COLUMNS_WITH_NUMBERS = 24
/** Counts the questions: a late answer to an older one is not shown. */
let asked = 0

export function showDrift(found, instrumentShown) {
  if (instrumentShown !== instrument) closeDistribution()
  instrument = instrumentShown
  newest = found
  const { times, features, cells, known } = found
  if (times.length === 0) {
    byId('drift-note').textContent = ''
    picker.replaceChildren()
    picker.disabled = true
    return map.show(
      undefined,
      'No reports of drift in this range: they come hourly once a model with a reference profile is live.',
    )
  }
  const options = features.map((name) => Object.assign(element('option', name), { value: name }))
  const chosen = picker.value
  if ([...picker.options].map(({ value }) => value).join() !== ['', ...features].join())
    picker.replaceChildren(
      Object.assign(element('option', 'choose a feature'), { value: '' }),
      ...options,
    )
  if (features.includes(chosen)) picker.value = chosen
  picker.disabled = false
  const drifted = new Set(
    cells.filter(([at, , , is]) => is && at === times.length - 1).map(([, row]) => row),
  )
  byId('drift-note').textContent =
    `KS distance from the training data over its threshold; ${features.length} of ${known} features, the farthest first. ` +
    `In the newest report ${drifted.size} of them have drifted, marked ×.`
  const words = `Drift of ${features.length} features at ${times.length} times; drifted now: ${[...drifted].map((row) => features[row]).join(', ') || 'none'}`
  return map.show((colours) => mapOption(found, colours), words)
}

function mapOption({ times, features, cells }, colours) {
  const label = (time, i) =>
    i === 0 || day(times[i - 1]) !== day(time) ? day(time).slice(5) : clock(time)
  return {
    grid: { left: 148, right: 8, top: 8, bottom: 54 },
    tooltip: tooltip(colours, {
      trigger: 'item',
      formatter: ({ value: [at, row, ratio, drifted] }) =>
        `${features[row]}\n${moment(times[at])} UTC\n${digits(ratio, 2)} of its threshold${drifted ? ', drifted' : ''}`,
    }),
    xAxis: categoryAxis(colours, times.map(label), { splitArea: { show: false } }),
    yAxis: categoryAxis(colours, features, {
      inverse: true,
      axisLabel: { interval: 0, formatter: shortName, fontSize: 10 },
      axisLine: { show: false },
    }),
    visualMap: {
      type: 'piecewise',
      dimension: 2,
      orient: 'horizontal',
      left: 0,
      bottom: 0,
      itemGap: 12,
      itemWidth: 14,
      itemHeight: 10,
      selectedMode: false,
      textStyle: { color: colours.soft, fontSize: 11 },
      pieces: [
        { lt: 0.5, color: colours.card, label: 'below ½' },
        { gte: 0.5, lt: 1, color: colours.calm, label: '½ to 1' },
        { gte: 1, lt: 2, color: colours.near, label: '1 to 2 ×' },
        { gte: 2, color: colours.far, label: 'over 2 ×' },
      ],
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(([at, row, ratio, drifted]) => [at, row, ratio, drifted]),
        label: {
          show: true,
          color: colours.ink,
          fontSize: 10,
          formatter: ({ value: [, , ratio, drifted] }) =>
            times.length <= COLUMNS_WITH_NUMBERS
              ? `${digits(ratio, 1)}${drifted ? ' ×' : ''}`
              : drifted
                ? '×'
                : '',
        },
        itemStyle: { borderColor: colours.card, borderWidth: 1 },
        emphasis: { itemStyle: { borderColor: colours.ink, borderWidth: 1 } },
      },
    ],
  }
}

map.onClick = ({ value }) => {
  if (newest === undefined || !Array.isArray(value)) return
  picker.value = newest.features[value[1]]
  void openDistribution(newest.features[value[1]], newest.times[value[0]])
}
picker.addEventListener('change', () => {
  if (picker.value === '') closeDistribution()
  else void openDistribution(picker.value, newest.times.at(-1))
})

function closeDistribution() {
  asked += 1
  picker.value = ''
  byId('distribution').hidden = true
}

async function openDistribution(feature, atMs) {
  asked += 1
  const mine = asked
  byId('distribution').hidden = false
  const title = byId('distribution-title')
  title.textContent = `${feature}: asking …`
  try {
    const query = { instrument, feature, at_ms: atMs }
    const found = await ask('/page-data/distribution', { query })
    if (mine !== asked) return
    title.textContent = `${feature}, window from ${moment(found.windowFromMs)} to ${moment(found.windowToMs)} UTC`
    show(byId('distribution-note'), noteOf(found))
    void histogram.show((colours) => histogramOption(found, colours), wordsOf(found))
  } catch (thrown) {
    if (mine !== asked) return
    title.textContent = feature
    show(byId('distribution-note'), '')
    void histogram.show(undefined, thrown.message)
  }
}

const noteOf = (found) =>
  `${found.modelName} ${found.modelVersion} was trained on the reference (${count(found.referenceRows)} rows, ${percent(found.referenceMissing)} missing); ` +
  `the window has ${count(found.currentRows)} vectors, ${percent(found.currentMissing)} missing. The outer bins hold all beyond them.`

const wordsOf = ({ feature, edges, reference, current }) =>
  `${feature} by bin, reference and window: ${reference.map((share, i) => `${bound(edges[i])} ${percent(share)} and ${percent(current[i])}`).join('; ')}`

const bound = (value) =>
  value === 0
    ? '0'
    : Math.abs(value) >= 1_000 || Math.abs(value) < 0.001
      ? value.toExponential(1)
      : value.toPrecision(3)

function histogramOption({ edges, reference, current }, colours) {
  const bar = (name, data, color, decal) => ({
    name,
    type: 'bar',
    data,
    barGap: '0%',
    barCategoryGap: '12%',
    itemStyle: { color, decal },
    emphasis: { disabled: true },
  })
  return {
    grid: { left: 8, right: 48, top: 28, bottom: 24 },
    legend: legend(colours, { icon: 'rect', itemHeight: 10 }),
    tooltip: tooltip(colours, {
      formatter: ([{ dataIndex: i }]) =>
        `${bound(edges[i])} to ${bound(edges[i + 1])}\nreference ${percent(reference[i])}\nwindow ${percent(current[i])}`,
    }),
    xAxis: categoryAxis(
      colours,
      reference.map((_, i) => bound((edges[i] + edges[i + 1]) / 2)),
    ),
    yAxis: valueAxis(colours, {
      position: 'right',
      min: 0,
      axisLabel: { formatter: (value) => percent(value, 0) },
    }),
    series: [
      bar('reference', reference, colours.reference, undefined),
      bar('window', current, colours.forecast, {
        symbol: 'line',
        dashArrayX: [1, 0],
        dashArrayY: [2, 4],
        rotation: -Math.PI / 4,
        color: colours.card,
      }),
    ],
  }
}

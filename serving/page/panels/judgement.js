/** How well up is told from down: ROC, confusion, calibration, coverage; each beside the naive answer. */
import { byId, element, paragraph, row, show, table } from '../dom.js'
import { ChartHost, legend, tooltip, valueAxis } from '../chart-host.js'
import { count, digits, NOT_KNOWN, percent } from '../format.js'

const roc = new ChartHost(byId('roc-chart'))
const calibration = new ChartHost(byId('calibration-chart'))
const AWAIT = 'No outcomes in this range yet: they come a horizon after the first predictions.'

/** @param judged answer of the server @param version model it is of */
export function showJudgement(judged, { modelName, version, horizonMinutes }) {
  const note = byId('judgement-note')
  if (judged.moves === 0) {
    note.textContent = ''
    show(byId('confusion'), element('p', AWAIT, 'empty'))
    void roc.show(undefined, AWAIT)
    void calibration.show(undefined, AWAIT)
    return
  }
  const independent = Math.max(1, Math.round(judged.outcomes / horizonMinutes))
  note.textContent =
    `${modelName} ${version}: ${count(judged.outcomes)} outcomes${judged.isCut ? ', the newest of the range' : ''}; ` +
    `of overlapping ${horizonMinutes} minutes, so about ${count(independent)} independent ones.`
  show(byId('confusion'), ...confusion(judged))
  drawRoc(judged)
  drawCalibration(judged)
}

function confusion({ confusion: c, upShare, coverage }) {
  const said = c.upUp + c.upDown + c.downUp + c.downDown
  const right = said === 0 ? null : (c.upUp + c.downDown) / said
  const naive = Math.max(upShare, 1 - upShare)
  const rows = [
    row('said up', count(c.upUp), count(c.upDown)),
    row('said down', count(c.downUp), count(c.downDown)),
  ]
  if (c.flatUp + c.flatDown > 0) rows.push(row('said nothing', count(c.flatUp), count(c.flatDown)))
  const facts = element('dl')
  const fact = (name, value) => facts.append(element('dt', name), element('dd', value))
  fact('direction right', percent(right))
  fact(`always ${upShare >= 0.5 ? 'up' : 'down'} (naive)`, percent(naive))
  fact('interval covers', coverage === null ? 'no intervals' : percent(coverage.covered))
  fact('it was to cover', coverage === null ? NOT_KNOWN : percent(coverage.wanted))
  return [table(['direction', 'came up', 'came down'], rows, 'Confusion of directions'), facts]
}

const diagonal = (colours) => ({
  name: 'chance',
  type: 'line',
  data: [
    [0, 0],
    [1, 1],
  ],
  showSymbol: false,
  silent: true,
  lineStyle: { color: colours.soft, width: 1, type: [3, 3] },
  itemStyle: { color: colours.soft },
})
const unit = (colours, name, more = {}) =>
  valueAxis(colours, {
    min: 0,
    max: 1,
    interval: 0.25,
    name,
    nameLocation: 'middle',
    axisLabel: { formatter: (value) => value.toFixed(2) },
    ...more,
  })

function drawRoc({ roc: curve }) {
  if (curve === null) return roc.show(undefined, 'All moves went one way: there is no curve.')
  return roc.show(
    (colours) => ({
      grid: { left: 48, right: 12, top: 30, bottom: 40 },
      legend: legend(colours),
      tooltip: tooltip(colours, {
        formatter: ([{ value }]) => `false alarms ${percent(value[0])}\nfound ${percent(value[1])}`,
      }),
      xAxis: unit(colours, 'share of downs called up', { nameGap: 24 }),
      yAxis: unit(colours, 'share of ups called up', { nameGap: 36 }),
      series: [
        {
          name: `ROC, area ${digits(curve.auc, 3)}`,
          type: 'line',
          data: curve.points,
          showSymbol: false,
          lineStyle: { color: colours.price, width: 1.8 },
          itemStyle: { color: colours.price },
          areaStyle: { color: colours.band },
          emphasis: { disabled: true },
        },
        { ...diagonal(colours), name: 'chance, area 0.500' },
      ],
    }),
    `ROC curve with area ${digits(curve.auc, 3)}; chance has 0.500`,
  )
}

function drawCalibration({ calibration: bins, coverage }) {
  if (bins.length === 0 && coverage === null)
    return calibration.show(
      undefined,
      'No probabilities or intervals yet: a regression has them after 200 known outcomes.',
    )
  if (bins.length === 0) return drawCoverage(coverage)
  return calibration.show(
    (colours) => ({
      grid: { left: 48, right: 12, top: 30, bottom: 40 },
      legend: legend(colours),
      tooltip: tooltip(colours, {
        trigger: 'item',
        formatter: ({ value }) =>
          `said ${percent(value[0])}, came ${percent(value[1])}\n${count(value[2])} moves`,
      }),
      xAxis: unit(colours, 'probability of up that was said', { nameGap: 24 }),
      yAxis: unit(colours, 'share that went up', { nameGap: 36 }),
      series: [
        {
          name: 'ten bins of equal count',
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 9,
          data: bins.map(({ said, came, rows }) => [said, came, rows]),
          itemStyle: { color: colours.price },
        },
        { ...diagonal(colours), name: 'as said' },
      ],
    }),
    `Calibration: ${bins.map(({ said, came }) => `said ${percent(said)} came ${percent(came)}`).join('; ')}`,
  )
}

function drawCoverage({ byWidth, wanted }) {
  return calibration.show(
    (colours) => ({
      grid: { left: 48, right: 12, top: 30, bottom: 40 },
      legend: legend(colours),
      tooltip: tooltip(colours, { trigger: 'item' }),
      xAxis: valueAxis(colours, {
        name: 'width of the interval, percent',
        nameLocation: 'middle',
        nameGap: 24,
      }),
      yAxis: unit(colours, 'share covered', { nameGap: 36 }),
      series: [
        {
          name: 'covered',
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 9,
          data: byWidth.map(({ width, covered }) => [width, covered]),
          itemStyle: { color: colours.price },
          markLine: {
            silent: true,
            symbol: 'none',
            label: { formatter: 'wanted', color: colours.soft },
            lineStyle: { color: colours.soft, type: [3, 3] },
            data: [{ yAxis: wanted }],
          },
        },
      ],
    }),
    `Coverage of the intervals by their width; ${percent(wanted)} is wanted`,
  )
}

export const judgementAwaits = (words) => {
  byId('judgement-note').textContent = ''
  show(byId('confusion'), paragraph(words, 'empty'))
  void roc.show(undefined, words)
  void calibration.show(undefined, words)
}

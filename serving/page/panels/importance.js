/** The inputs that weigh most in the model that answers. */
import { byId } from '../dom.js'
import { categoryAxis, ChartHost, tooltip, valueAxis } from '../chart-host.js'
import { percent, shortName } from '../format.js'

const host = new ChartHost(byId('importance-chart'))
const METHODS = {
  gain: 'loss its splits took away',
  mean_abs_contribution: 'mean size of its contribution',
}

export function showImportance(version) {
  const note = byId('importance-note')
  const important = version?.importance ?? []
  if (important.length === 0) {
    note.textContent = ''
    const words =
      version === undefined
        ? 'No model is live yet. Importance comes with the first one.'
        : `${version.modelName} ${version.version} says nothing of its importance.`
    return host.show(undefined, words)
  }
  const method = METHODS[version.importanceMethod] ?? version.importanceMethod ?? 'unknown method'
  note.textContent = `${version.modelName} ${version.version}, ${version.algorithm}: ${method}. What weighs much need not foretell anything.`
  const ordered = important.toReversed()
  const words = `Top ${important.length} inputs: ${important.map(({ column, share }) => `${column} ${percent(share)}`).join(', ')}`
  return host.show(
    (colours) => ({
      grid: { left: 148, right: 48, top: 4, bottom: 4 },
      tooltip: tooltip(colours, {
        trigger: 'item',
        formatter: ({ dataIndex }) =>
          `${ordered[dataIndex].column}\n${percent(ordered[dataIndex].share, 2)}`,
      }),
      xAxis: valueAxis(colours, { min: 0, show: false }),
      yAxis: categoryAxis(
        colours,
        ordered.map(({ column }) => column),
        {
          axisLabel: { interval: 0, formatter: shortName },
          axisLine: { show: false },
        },
      ),
      series: [
        {
          type: 'bar',
          data: ordered.map(({ share }) => share),
          itemStyle: { color: colours.price },
          barWidth: '62%',
          label: {
            show: true,
            position: 'right',
            color: colours.soft,
            fontSize: 11,
            formatter: ({ value }) => percent(value),
          },
        },
      ],
    }),
    words,
  )
}

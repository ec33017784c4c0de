/** Articles with their sentiment, and over time what they make of it: mean sentiment and signal strength. */
import { byId, element, show } from '../dom.js'
import { categoryAxis, ChartHost, legend, tooltip, valueAxis } from '../chart-host.js'
import { clock, day, moment, signed } from '../format.js'

const host = new ChartHost(byId('news-chart'))
/** A mean score beyond this is a signal, as in the features. */
const SIGNAL = 0.1
const ARTICLES_SHOWN = 12

const tone = (score) => (score > SIGNAL ? 'positive' : score < -SIGNAL ? 'negative' : 'neutral')
const SIGNS = { positive: '▲', negative: '▼', neutral: '■' }

export function showArticles(articles) {
  if (articles.length === 0) {
    show(byId('articles'), element('li', 'No news yet in this range.', 'soft'))
    return
  }
  show(byId('articles'), ...articles.slice(0, ARTICLES_SHOWN).map(article))
}

function article({ title, source, url, score, availableAtMs, publishedAtMs }) {
  const item = element('li')
  const safe = typeof url === 'string' && /^https?:\/\//.test(url)
  const headline = safe
    ? Object.assign(element('a', title), {
        href: url,
        rel: 'noopener noreferrer',
        target: '_blank',
      })
    : element('span', title)
  const kind = tone(score)
  const mark = element('span', `${SIGNS[kind]} ${kind} ${signed(score, 2)}`, `tone ${kind}`)
  const line = element('p', '', 'soft')
  line.append(mark, ` · ${source} · ${moment(availableAtMs ?? publishedAtMs)}`)
  item.append(headline, line)
  return item
}

export function showNewsSteps({ steps, stepMs }) {
  if (steps.length === 0) return host.show(undefined, 'No vectors in this range yet.')
  const times = steps.map(({ timeMs }) => timeMs)
  const label = (time, i) =>
    i === 0 || day(times[i - 1]) !== day(time) ? day(time).slice(5) : clock(time)
  const words = `Mean sentiment and signal strength of the news of the hour at ${steps.length} times`
  return host.show(
    (colours) => ({
      grid: { left: 8, right: 44, top: 28, bottom: 22 },
      legend: legend(colours),
      tooltip: tooltip(colours, {
        formatter: ([{ dataIndex }]) => {
          const { timeMs, articles, sentiment, signalStrength } = steps[dataIndex]
          return `${moment(timeMs)} UTC, steps of ${stepMs / 60_000} min\narticles of the hour ${articles}\nsentiment ${signed(sentiment, 3)}\nsignal strength ${signed(signalStrength, 3)}`
        },
      }),
      xAxis: categoryAxis(colours, times.map(label), {
        axisLabel: { interval: Math.ceil(times.length / 6) },
      }),
      yAxis: valueAxis(colours, {
        position: 'right',
        min: -1,
        max: 1,
        splitNumber: 2,
        axisLabel: { formatter: (value) => value.toFixed(1) },
      }),
      series: [
        {
          name: 'mean sentiment',
          type: 'bar',
          data: steps.map(({ sentiment }) => ({
            value: sentiment,
            itemStyle: { color: sentiment >= 0 ? colours.good : colours.bad },
          })),
          itemStyle: { color: colours.good },
          emphasis: { disabled: true },
        },
        {
          name: 'signal strength',
          type: 'line',
          step: 'end',
          showSymbol: false,
          data: steps.map(({ signalStrength }) => signalStrength),
          lineStyle: { color: colours.price, width: 1.4 },
          itemStyle: { color: colours.price },
          emphasis: { disabled: true },
        },
      ],
    }),
    words,
  )
}

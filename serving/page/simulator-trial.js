/** What a tried headline would do: its score, the news features and the forecast, before and after. */
import { element, paragraph, row, scrolling, show, table } from './dom.js'
import { digits, moment, percent, signed } from './format.js'
import { sharesBar } from './simulator-shares.js'

/** What reads the features calls a signal. */
const SIGNALS = { 1: '▲ positive', 0: '■ none', '-1': '▼ negative' }
const NAMES = {
  avg_sentiment: 'mean sentiment of the hour',
  quality_score: 'mean confidence',
  article_count: 'articles of the hour',
  signal_strength: 'signal strength',
  trading_signal: 'signal',
  positive_prob: 'positive',
  negative_prob: 'negative',
  neutral_prob: 'neutral',
}

const toneOf = ({ positive, negative, neutral }) =>
  positive >= negative && positive >= neutral
    ? '▲ positive'
    : negative >= neutral
      ? '▼ negative'
      : '■ neutral'

/** A change that rounding hides is shown as none only where it is none. */
const changeOf = (before, after, places) => {
  if (before === null || after === null) return '–'
  if (before === after) return '= no change'
  const shown = signed(after - before, places)
  return /[1-9]/.test(shown) ? shown : `under ${(10 ** -places).toFixed(places)}`
}

export function showTrial(target, headline, trial) {
  const { sentiment } = trial
  const title = element('p', `“${headline}”`, 'tried')
  const words = paragraph(
    `${toneOf(sentiment)}: positive ${percent(sentiment.positive, 0)}, neutral ${percent(sentiment.neutral, 0)}, ` +
      `negative ${percent(sentiment.negative, 0)} · score ${signed(sentiment.score, 3)} (${sentiment.model})`,
    'score',
  )
  show(
    target,
    title,
    words,
    sharesBar(sentiment),
    ...featureTable(trial),
    ...forecastTable(trial),
    ...remarks(trial),
  )
}

function featureTable({ features, instrument, eventTimeMs }) {
  if (features.length === 0) return []
  const rows = features.map(({ name, before, after }) => {
    const places = name === 'article_count' || name === 'trading_signal' ? 0 : 4
    const text = (value) =>
      name === 'trading_signal' && value !== null
        ? (SIGNALS[value] ?? value)
        : digits(value, places)
    return row(NAMES[name] ?? name, text(before), text(after), changeOf(before, after, places))
  })
  const label = `News features of ${instrument} at ${moment(eventTimeMs)} UTC`
  return [
    element('h3', label),
    scrolling(table(['feature', 'now', 'with it', 'change'], rows, label), label),
  ]
}

function forecastTable({ prediction }) {
  if (prediction === null) return []
  const { modelName, modelVersion, role, objective, before, after } = prediction
  const isUp = objective === 'classification'
  const text = (value) => (isUp ? percent(value, 2) : `${signed(value)} %`)
  const label = `Forecast of ${modelName} ${modelVersion} (${role}), ${isUp ? 'probability of up' : 'return'}`
  const naive = isUp ? '50.00 %' : '0.0000 %'
  const change = isUp ? changeOf(100 * before, 100 * after, 2) : changeOf(before, after, 4)
  const rows = [
    row('this model', text(before), text(after), change),
    row('naive: no change of price', naive, naive, '= no change'),
  ]
  return [
    element('h3', label),
    scrolling(table(['forecast', 'now', 'with it', 'change'], rows, label), label),
  ]
}

function remarks({ prediction, without, isExact, features, articlesBefore }) {
  const said = []
  if (without !== null) said.push(`No forecast: ${without}.`)
  if (prediction?.newsInputs === 0)
    said.push('This model reads no news: its forecast cannot move, whatever the headline.')
  if (prediction !== null && prediction.newsInputs > 0)
    said.push(`${prediction.newsInputs} inputs of this model are news.`)
  if (features.length > 0 && !isExact)
    said.push(
      `The ${articlesBefore} stored articles of the hour do not give the present features again: part of the change is theirs.`,
    )
  return said.map((text) => paragraph(text))
}

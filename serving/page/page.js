/**
 * The page: follows the server's dashboard frames and shows the newest one. Every frame is the whole
 * state, so nothing is kept but the last; when the connection is lost it comes back by itself.
 */
import { axisOf, clock, day, drawChart } from './chart.js'

const byId = (id) => document.getElementById(id)
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { minimumFractionDigits: 4, maximumFractionDigits: 4 })
const percent = (share) => `${(100 * share).toFixed(1)} %`
const signed = (value) => (value > 0 ? '+' : '') + fine.format(value)
const priceDigits = (price) => (Math.abs(price) >= 1_000 ? 1 : Math.abs(price) >= 10 ? 2 : 5)
const money = (price) => price.toFixed(priceDigits(price))

function element(name, text = '', className = '') {
  const made = document.createElement(name)
  made.textContent = text
  if (className !== '') made.className = className
  return made
}

const row = (...cells) => {
  const made = document.createElement('tr')
  made.append(...cells.map((cell) => (typeof cell === 'string' ? element('td', cell) : cell)))
  return made
}

function showFlow(counters) {
  const chained = ['candles', 'features']
  byId('flow').replaceChildren(
    ...counters.map(({ name, records, exact, perSecond }) => {
      const tile = document.createElement('li')
      if (chained.includes(name)) tile.dataset.flows = ''
      const number = element('b', `${exact ? '' : '≈ '}${whole.format(records)}`)
      if (!exact) number.title = 'Counted from offsets, which include commit markers'
      const rate = perSecond >= 1 ? whole.format(perSecond) : perSecond.toFixed(2)
      tile.append(element('span', name), number, element('span', `${rate} a second`))
      return tile
    }),
  )
}

function showModel(model, models, quality) {
  if (model === null) {
    byId('model').replaceChildren(
      element(
        'p',
        'No model is live yet. It appears here by itself as soon as one is trained.',
        'soft',
      ),
    )
    return
  }
  for (const span of document.querySelectorAll('.horizon')) span.textContent = model.horizonMinutes
  const verdict = model.beatsZeroForecast
    ? element('p', 'Beats the zero forecast on validation and test.', 'verdict good')
    : element('p', 'Does not beat the zero forecast.', 'verdict bad')
  // Praise beside a model that did not pass the gate would be read as leave to act on it.
  const isForced = model.role !== 'champion' || model.gate?.passed === false
  const marks = isForced && model.beatsZeroForecast ? [] : [verdict]
  if (isForced && model.warning !== null) marks.unshift(element('p', model.warning, 'verdict bad'))
  const facts = document.createElement('dl')
  const fact = (name, value) => facts.append(element('dt', name), element('dd', value))
  fact('model', `${model.modelName} ${model.version}, ${model.role}`)
  fact('algorithm', model.algorithm)
  fact(
    'trained until',
    `${day(model.trainedUntilMs)} ${clock(model.trainedUntilMs)}, ${whole.format(model.datasetRows)} examples`,
  )
  const table = document.createElement('table')
  const head = document.createElement('thead')
  head.append(row(...['RMSE', 'model', 'zero', 'sign', 'rows'].map((name) => element('th', name))))
  const body = document.createElement('tbody')
  const live = quality.find(
    ({ modelName, modelVersion }) =>
      modelName === model.modelName && modelVersion === model.version,
  )
  const splits = model.splits.map((split) => ({ ...split, name: split.split.replaceAll('_', ' ') }))
  if (live !== undefined) splits.push({ ...live, name: 'live', rows: live.outcomes })
  for (const { name, rmse, zeroRmse, directionalAccuracy, rows } of splits) {
    const better = element('td', fine.format(rmse), rmse < zeroRmse ? 'good' : 'bad')
    const sign = directionalAccuracy === null ? '' : percent(directionalAccuracy)
    body.append(row(name, better, fine.format(zeroRmse), sign, whole.format(rows)))
  }
  table.append(head, body)
  byId('model').replaceChildren(...marks, facts, table, routeTable(models, quality))
}

/** Every version that has a role here, with what its live predictions were worth. */
function routeTable(models, quality) {
  const table = document.createElement('table')
  const head = document.createElement('thead')
  const names = ['in use', 'role', 'sign', 'RMSE', 'zero']
  head.append(row(...names.map((name) => element('th', name))))
  const body = document.createElement('tbody')
  body.id = 'routes'
  for (const { name, version, role, share, warning } of models) {
    const live = quality.find((each) => each.modelName === name && each.modelVersion === version)
    const title = element('td', `${name} ${version}`)
    if (warning !== null) title.title = warning
    const sign = live?.directionalAccuracy ?? null
    const rmse = live?.rmse ?? null
    body.append(
      row(
        title,
        share > 0 && share < 1 ? `${role} ${percent(share)}` : role,
        sign === null ? '' : percent(sign),
        rmse === null
          ? ''
          : element('td', fine.format(rmse), rmse < live.zeroRmse ? 'good' : 'bad'),
        rmse === null ? '' : fine.format(live.zeroRmse),
      ),
    )
  }
  table.append(head, body)
  return table
}

function showCharts({ instrument, prices, forecasts }) {
  const axis = axisOf(prices.map(([time]) => time))
  const placed = forecasts.flatMap(([time, price, predicted, came]) => {
    const place = axis.place(time)
    return place === undefined ? [] : [{ place, price, predicted, came }]
  })
  const last = prices.at(-1)
  const ahead = Math.max(0, (placed.at(-1)?.place ?? 0) - (prices.length - 1))
  byId('price-now').textContent =
    last === undefined ? '' : `${instrument} ${money(last[1])} at ${day(last[0])} ${clock(last[0])}`
  drawChart(byId('price-chart'), {
    axis,
    ahead,
    names: ['close', 'forecast'],
    solid: prices.map(([, price], index) => [index, price]),
    dashed: placed.map(({ place, price }) => [place, price]),
    format: money,
    zero: false,
    label:
      last === undefined
        ? 'No prices yet'
        : `Closes of ${instrument} over ${prices.length} minutes, the newest ${money(last[1])}, with forecasts`,
    empty: 'No prices yet. They appear as soon as candles are produced.',
  })
  drawChart(byId('return-chart'), {
    axis,
    ahead,
    names: ['came', 'predicted'],
    solid: placed.filter(({ came }) => came !== null).map(({ place, came }) => [place, came]),
    dashed: placed.map(({ place, predicted }) => [place, predicted]),
    format: (value) => value.toFixed(3),
    zero: true,
    label: `Predicted and realized returns in percent for ${placed.length} minutes`,
    empty: 'No predictions yet. They start with the first live model.',
  })
}

function showTables({ decided, waiting }) {
  byId('decided').replaceChildren(
    ...decided.map((entry) => {
      const {
        targetTimeMs,
        eventTimeMs,
        predictedReturn,
        realizedReturn: came,
        modelVersion,
      } = entry
      if (came === null)
        return row(
          clock(targetTimeMs),
          clock(eventTimeMs),
          signed(predictedReturn),
          'no bar',
          '',
          '',
          modelVersion,
        )
      const error = Math.abs(predictedReturn - came)
      const marked = element('td', fine.format(error), error < Math.abs(came) ? 'good' : 'bad')
      return row(
        clock(targetTimeMs),
        clock(eventTimeMs),
        signed(predictedReturn),
        signed(came),
        marked,
        fine.format(Math.abs(came)),
        modelVersion,
      )
    }),
  )
  byId('waiting').replaceChildren(
    ...waiting.map(({ targetTimeMs, predictedReturn, predictedClose }) =>
      row(clock(targetTimeMs), signed(predictedReturn), money(predictedClose)),
    ),
  )
}

/** Said in words as well: colour alone tells some readers nothing. */
function sentimentMark(score) {
  const word = score > 0.1 ? 'positive' : score < -0.1 ? 'negative' : 'neutral'
  return element('span', `${word} ${score.toFixed(2)}`, `sentiment ${word}`)
}

function showNews(articles) {
  const items = articles.map(({ title, source, publishedAtMs, url, score }) => {
    const item = document.createElement('li')
    const isWeb = typeof url === 'string' && /^https?:\/\//.test(url)
    const headline = element(isWeb ? 'a' : 'span', title)
    if (isWeb) Object.assign(headline, { href: url, rel: 'noopener noreferrer', target: '_blank' })
    const about = element(
      'span',
      `${source}, ${day(publishedAtMs)} ${clock(publishedAtMs)} `,
      'soft',
    )
    about.append(sentimentMark(score))
    item.append(headline, about)
    return item
  })
  byId('news').replaceChildren(
    ...(items.length > 0 ? items : [element('li', 'No news yet.', 'soft')]),
  )
}

function showInstruments(instruments, chosen) {
  byId('instrument-choice').hidden = instruments.length < 2
  const select = byId('instrument')
  const shown = [...select.options].map(({ value }) => value)
  if (shown.join() !== instruments.join()) {
    select.replaceChildren(
      ...instruments.map((name) => Object.assign(element('option', name), { value: name })),
    )
  }
  if (document.activeElement !== select) select.value = chosen ?? ''
}

function show(frame) {
  byId('banner').hidden = frame.banner === null
  byId('banner').textContent = frame.banner ?? ''
  showInstruments(frame.instruments, frame.instrument)
  showFlow(frame.counters)
  showModel(frame.model, frame.models, frame.quality)
  showCharts(frame)
  showTables(frame)
  showNews(frame.news)
}

/** The server sends at least every 5 s; a silence of this length means that the connection is dead. */
const SILENCE_MS = 15_000
const RETRY_MS = 2_000
let source
let silence
let newest

function say(state, text) {
  const connection = byId('connection')
  if (connection.dataset.state === state) return
  connection.dataset.state = state
  connection.textContent = text
}

function connect() {
  clearTimeout(silence)
  source?.close()
  const chosen = new URLSearchParams(location.search).get('instrument')
  const query = new URLSearchParams({
    view: 'dashboard',
    ...(chosen === null ? {} : { instrument: chosen }),
  })
  source = new EventSource(`/sse/market-stream?${query}`)
  source.addEventListener('dashboard', (event) => {
    say('live', 'Live')
    newest = JSON.parse(event.data)
    if (!document.hidden) show(newest)
    clearTimeout(silence)
    silence = setTimeout(lost, SILENCE_MS)
  })
  source.addEventListener('error', lost)
}

function lost() {
  say('lost', 'Connection lost, trying again')
  clearTimeout(silence)
  silence = setTimeout(connect, RETRY_MS)
}

byId('instrument').addEventListener('change', ({ target }) => {
  history.replaceState(null, '', `?${new URLSearchParams({ instrument: target.value })}`)
  target.blur()
  connect()
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && newest !== undefined) show(newest)
})
new ResizeObserver(() => {
  if (newest !== undefined) showCharts(newest)
}).observe(document.querySelector('main'))
connect()

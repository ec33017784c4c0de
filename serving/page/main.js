/** The dashboard: live frames and answers of the server go to the panels; nothing of the past is kept. */
import {
  instrument,
  isLive,
  noteDays,
  noteInstruments,
  noteNewest,
  onChoice,
  span,
} from './choice.js'
import { connect } from './connection.js'
import { byId } from './dom.js'
import { showDrift } from './panels/drift.js'
import { showImportance } from './panels/importance.js'
import { judgementAwaits, showJudgement } from './panels/judgement.js'
import { showMarket } from './panels/market.js'
import { onDecision, showVerdict, showVersions } from './panels/models.js'
import { showArticles, showNewsSteps } from './panels/news.js'
import { showOutcomes } from './panels/outcomes.js'
import { showAway, showDigests, showFlow, showGroups } from './panels/pipeline.js'
import { showProofs } from './panels/proofs.js'
import { showQuality } from './panels/quality.js'
import { holdAll, poll, refreshAll } from './polling.js'
import { ask } from './server.js'

const MINUTE_MS = 60_000
let newest
let versions

const current = () => instrument() ?? newest?.instrument ?? null
/** The question of a panel, or undefined while nobody knows what about. */
const question = () => {
  const [name, about] = [current(), span()]
  return name === null || about === null ? undefined : { instrument: name, ...about }
}
const answering = () => {
  const model = newest?.model
  return versions?.versions.find(
    ({ modelName, version }) => modelName === model?.modelName && version === model.version,
  )
}

function showFrame() {
  if (newest === undefined || document.hidden) return
  const frame = newest
  byId('banner').hidden = frame.banner === null
  byId('banner').textContent = frame.banner ?? ''
  noteInstruments(frame.instruments, current())
  showFlow(frame.counters)
  showVerdict(frame)
  if (versions !== undefined) showVersions(versions, frame.quality)
  showOutcomes(frame)
  if (!isLive()) return
  showMarket({ ...frame, stepMs: MINUTE_MS, isLive: true })
  showArticles(frame.news)
}

function takeFrame(frame) {
  const isFirst = newest === undefined
  const isOther = newest?.instrument !== frame.instrument
  const hasNewModel = newest?.model?.version !== frame.model?.version
  newest = frame
  noteNewest(frame.newestBarMs)
  showFrame()
  if (isFirst || isOther) refreshAll()
  else if (hasNewModel) void readModels()
}

const connection = connect(instrument, {
  onFrame: takeFrame,
  onReturn: refreshAll,
  onLost: holdAll,
})

poll(
  'market',
  30_000,
  async (signal) => {
    const query = question()
    if (isLive() || query === undefined) return undefined
    return { found: await ask('/page-data/market', { query, signal }), name: query.instrument }
  },
  ({ found: { bars, predictions, stepMs }, name }) =>
    showMarket({
      instrument: name,
      candles: bars,
      forecasts: predictions.map(inPrices),
      stepMs,
      isLive: false,
    }),
)

const inPrices = ({ targetTimeMs, referenceClose, ...said }) => {
  const price = (percent) => (percent === null ? null : referenceClose * (1 + percent / 100))
  return {
    targetTimeMs,
    predicted: price(said.predictedReturn),
    low: price(said.intervalLow),
    high: price(said.intervalHigh),
    came: price(said.realizedReturn),
    predictedReturn: said.predictedReturn,
    realizedReturn: said.realizedReturn,
  }
}

poll(
  'news',
  20_000,
  (signal) => {
    const query = question()
    return query === undefined ? undefined : ask('/page-data/news', { query, signal })
  },
  (found) => {
    void showNewsSteps(found)
    if (!isLive()) showArticles(found.articles)
  },
)

poll(
  'quality',
  20_000,
  (signal) => {
    const query = question()
    return query === undefined ? undefined : ask('/page-data/quality', { query, signal })
  },
  (found) => void showQuality(found),
)

const readJudgement = poll(
  'judgement',
  30_000,
  async (signal) => {
    const [query, about] = [question(), byId('judged').value]
    if (query === undefined || about === '') {
      if (newest !== undefined) judgementAwaits('No model is published yet.')
      return undefined
    }
    const version = versions.versions.find(
      ({ modelName, version: of }) => `${modelName}/${of}` === about,
    )
    const asked = { ...query, model_name: version.modelName, model_version: version.version }
    return { judged: await ask('/page-data/judgement', { query: asked, signal }), version }
  },
  ({ judged, version }) => showJudgement(judged, version),
)
byId('judged').addEventListener('change', () => void readJudgement())

poll(
  'drift',
  30_000,
  async (signal) => {
    const query = question()
    if (query === undefined) return undefined
    return { found: await ask('/page-data/drift', { query: widened(query), signal }), query }
  },
  ({ found, query }) => void showDrift(found, query.instrument),
)

/** Reports come hourly: four hours of them are no map. */
const DRIFT_SPAN_MS = 3 * 86_400_000
const widened = (query) => ({
  ...query,
  from_ms: Math.max(0, Math.min(query.from_ms, query.to_ms - DRIFT_SPAN_MS)),
})

const readModels = poll(
  'models',
  10_000,
  (signal) => ask('/page-data/models', { signal }),
  (found) => {
    const isFirst = versions === undefined
    versions = found
    showVersions(found, newest?.quality ?? [])
    void showImportance(answering())
    showDigests(answering())
    offerVersions()
    if (isFirst) void readJudgement()
  },
)
onDecision(() => void readModels())

function offerVersions() {
  const select = byId('judged')
  const names = versions.versions.map(({ modelName, version }) => `${modelName}/${version}`)
  if ([...select.options].map(({ value }) => value).join() === names.join()) return
  const chosen = select.value
  select.replaceChildren(...names.map((name) => new Option(name.replace('/', ' '), name)))
  const model = answering()
  const usual = model === undefined ? names[0] : `${model.modelName}/${model.version}`
  select.value = names.includes(chosen) ? chosen : (usual ?? '')
}

let partsAway = 0
poll(
  'pipeline',
  5_000,
  (signal) => ask('/page-data/pipeline', { signal }),
  (answer) => {
    const before = partsAway
    partsAway = showGroups(answer)
    // Panels that had no answer of a store that is back would ask it half a minute later.
    if (partsAway < before) refreshAll()
  },
  showAway,
)
poll('proofs', 5_000, (signal) => ask('/proofs', { signal }), showProofs)

const readDays = poll(
  'market',
  300_000,
  (signal) => {
    const name = current()
    return name === null
      ? undefined
      : ask('/page-data/days', { query: { instrument: name }, signal })
  },
  ({ days, instruments }) => {
    noteDays(days.map(({ day }) => day))
    noteInstruments([...(newest?.instruments ?? []), ...instruments], current())
  },
)

onChoice((name) => {
  if (name === 'instrument') connection.again()
  if (name === 'instrument') void readDays()
  showFrame()
  refreshAll()
})
document.addEventListener('visibilitychange', showFrame)

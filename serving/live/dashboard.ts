/**
 * What the page shows, whole, in one frame: a page that was away, or too slow for a few frames, is
 * right again with the next one, and keeps nothing but the last.
 */
import type { ModelVersion } from '../../schemas/generated.ts'
import type { ModelFleet } from '../models/model-fleet.ts'
import type { Role } from '../models/route-table.ts'
import { warningOf } from '../models/answering-model.ts'
import { shownModels } from '../models/shown-models.ts'
import type { InstrumentView } from './instrument-view.ts'
import type { MarketView } from './market-view.ts'
import { newsClock } from './news-clock.ts'
import { describePrediction, type ShownPrediction } from './shown-prediction.ts'
import type { PipelineCounters } from './pipeline-counters.ts'
import type { StreamHub } from './stream-hub.ts'

export interface DashboardSources {
  readonly view: MarketView
  readonly models: { readonly fleet: ModelFleet; readonly defaultModel: string }
  readonly counters: PipelineCounters
  /** A line over the page, for example that the data is simulated. */
  readonly banner: string | undefined
}

/** Four hours of minutes. */
const CHART_BARS = 240
/** Predictions about these bars, and about the half hour that has not come. */
const CHART_PREDICTIONS = CHART_BARS + 60
const WAITING_ROWS = 8
const DECIDED_ROWS = 15
const ARTICLES = 6
const FRAME_MS = 500
/** A frame though nothing changed: the page then knows that the server is there. */
const IDLE_FRAME_MS = 5_000

/** The state as of now for one instrument; without a name for the busiest one. */
export function dashboardFrame(sources: DashboardSources, instrument: string | undefined): object {
  const { view, models, counters, banner } = sources
  const name = instrument ?? view.busiest
  const shown = name === undefined ? undefined : view.instrument(name)
  return {
    type: 'dashboard',
    banner: banner ?? null,
    instruments: view.instruments,
    instrument: name ?? null,
    counters: counters.list(),
    defaultModel: models.defaultModel,
    model: defaultCard(models),
    models: shownModels(models.fleet),
    quality: view.quality.list().slice(0, 20),
    news: newsCards(view),
    candles: name === undefined ? [] : view.candles.newest(name, CHART_BARS),
    ...(shown === undefined
      ? { newestBarMs: null, forecasts: [], waiting: [], decided: [] }
      : charts(shown, models.defaultModel)),
  }
}

/** What is news at the time of the newest bar: a played history has later articles as well. */
function newsCards(view: MarketView): object[] {
  const { timeMs } = newsClock({
    nowMs: Date.now(),
    newestBarMs: view.newestEventTimeMs,
    newestArticleMs: view.newestArticleMs,
  })
  return view
    .newsUntil(timeMs, ARTICLES)
    .map(({ title, source, publishedAtMs, availableAtMs, url, score }) => ({
      title,
      source,
      publishedAtMs: publishedAtMs ?? availableAtMs,
      url,
      score,
    }))
}

/** Of the default model, what the routing answered with. */
function charts(shown: InstrumentView, modelName: string): object {
  const newest = shown.newestAnswers(CHART_PREDICTIONS, modelName).map(describePrediction)
  return {
    newestBarMs: shown.closes.newestMs ?? null,
    forecasts: newest.map(forecastOf).reverse(),
    waiting: newest.filter(({ outcome }) => outcome === 'waiting').slice(0, WAITING_ROWS),
    decided: newest.filter(({ outcome }) => outcome !== 'waiting').slice(0, DECIDED_ROWS),
  }
}

/** What the chart draws of a prediction; prices as quoted, the return that came in percent. */
const forecastOf = (p: ShownPrediction): object => {
  const priceAt = (percent: number | null): number | null =>
    percent === null ? null : p.referenceClose * (1 + percent / 100)
  return {
    targetTimeMs: p.targetTimeMs,
    predicted: p.predictedClose,
    predictedReturn: p.predictedReturn,
    low: priceAt(p.intervalLow),
    high: priceAt(p.intervalHigh),
    came: priceAt(p.realizedReturn),
    realizedReturn: p.realizedReturn,
    signalStrength: p.signalStrength,
  }
}

/** Who answers by default; where a challenger does for some keys, the champion is shown. */
function defaultCard({ fleet, defaultModel }: DashboardSources['models']): object | null {
  const routes = fleet.table.get(defaultModel) ?? []
  const [route] = routes
  return route === undefined ? null : modelCard(route.role, route.loaded.version)
}

function modelCard(role: Role, version: ModelVersion): object {
  const {
    modelName,
    algorithm,
    horizonMinutes,
    trainedUntilMs,
    datasetRows,
    beatsZeroForecast,
    metrics,
  } = version
  return {
    modelName,
    version: version.version,
    role,
    warning: warningOf(role, version),
    gate:
      version.gate === null ? null : { passed: version.gate.passed, reasons: version.gate.reasons },
    algorithm,
    horizonMinutes,
    trainedUntilMs,
    datasetRows,
    beatsZeroForecast,
    splits: metrics.map(({ split, rows, rmse, zeroRmse, directionalAccuracy }) => ({
      split,
      rows,
      rmse,
      zeroRmse,
      directionalAccuracy,
    })),
  }
}

/** Sends frames to the pages while something changes. */
export class Dashboard {
  private readonly sources: DashboardSources
  private readonly hub: StreamHub
  private readonly timer: NodeJS.Timeout
  private sentChanges = -1
  private sentAtMs = 0

  /** @param frameMs time between two looks at what changed */
  constructor(sources: DashboardSources, hub: StreamHub, frameMs = FRAME_MS) {
    this.sources = sources
    this.hub = hub
    this.timer = setInterval(() => this.tick(), frameMs)
    this.timer.unref()
  }

  frame(instrument: string | undefined): object {
    return dashboardFrame(this.sources, instrument)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private tick(): void {
    this.sources.counters.sample()
    const now = performance.now()
    const { changes } = this.sources.view
    if (changes === this.sentChanges && now - this.sentAtMs < IDLE_FRAME_MS) return
    this.sentChanges = changes
    this.sentAtMs = now
    this.hub.publishFrames((instrument) => this.frame(instrument))
  }
}

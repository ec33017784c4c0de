/** The server's application with a made-up market and no broker: for looking at the page. */
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { applyEntry, emptyModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion, News } from '../../schemas/generated.ts'
import { ModelFleet } from '../../serving/models/model-fleet.ts'
import type { ScoringModel } from '../../serving/models/scoring-model.ts'
import { give } from './fleet-of.ts'
import { buildApp } from '../../serving/app.ts'
import type { ComponentState } from '../../serving/http/dependencies.ts'
import { Dashboard } from '../../serving/live/dashboard.ts'
import { MarketView } from '../../serving/live/market-view.ts'
import { PipelineCounters } from '../../serving/live/pipeline-counters.ts'
import { sourceIndexOf } from '../../serving/streaming/stream-source.ts'
import { candlesTopic, predictionsTopic } from '../../streams/topics.ts'
import { UNCACHED } from '../../serving/redis-output-cache.ts'
import { ServingMetrics } from '../../serving/metrics.ts'
import { championEntry, MODEL, publishedModel, versionEntry } from './published-model.ts'
import { scoredArticle } from './scored-article.ts'
import type { ArchivedArticle } from '../../serving/news-archive.ts'
import { ALL_UP } from './test-dependencies.ts'
import { testDrift } from './test-drift.ts'
import { testControl } from './test-control.ts'
import { testPast } from './test-past.ts'
import { testMonitor } from './test-monitor.ts'
import { testLineage } from './test-lineage.ts'
import { testTraining } from './test-training.ts'
import { testIntake } from './test-intake.ts'
import { OPEN_ACCESS } from '../../serving/access/access-options.ts'
import { testStreams } from './test-streams.ts'
import { testPage, type TestPage } from './test-page.ts'
import { testQuality } from './test-quality.ts'
import { testVector } from './vectors.ts'

const INSTRUMENT = 'SPX500_USD'
/** 2025-03-14 13:30 UTC, in minutes. */
const FIRST_BAR = 29_032_650

/** More frames than in use: what a frame leaves behind shows sooner. */
const FRAME_MS = 100

export interface DemoServer {
  readonly desk: TestPage
  readonly app: FastifyInstance
  /** What the server leans on; Redis is away at first. */
  readonly parts: ComponentState[]
  /** Lets so many minutes pass. */
  advance(bars: number): void
  close(): Promise<void>
}

/** As if a model had been at work, rather sure of itself. */
const scored = (article: News): ArchivedArticle => ({
  ...article,
  sentiment: {
    positive: 0.81,
    negative: 0.07,
    neutral: 0.12,
    score: 0.74,
    confidence: 0.81,
    model: 'demo',
  },
})

export async function demoServer(options: {
  readonly withModel: boolean
  /** What routes that write ask for. */
  readonly token?: string
  readonly overrides?: Partial<ModelVersion>
}): Promise<DemoServer> {
  const metrics = new ServingMetrics()
  const { hub, catchUp } = testStreams(metrics)
  const view = new MarketView()
  const fleet = new ModelFleet(() => undefined, 8)
  const registry = emptyModelRegistry()
  const splits = ['train', 'validation', 'test', 'out_of_time'].map((split, index) => ({
    split,
    rows: 30_000 / (index + 1),
    fromMs: 0,
    toMs: 1,
    rmse: 0.0921 + index * 0.004,
    mae: 0.06,
    r2: 0,
    r2VsZero: -0.02,
    directionalAccuracy: 0.508,
    zeroRmse: 0.0915 + index * 0.0041,
    zeroMae: 0.06,
    ...UNMEASURED,
  }))
  const { version } = publishedModel(3, {
    algorithm: 'lightgbm',
    metrics: splits,
    trainedUntilMs: FIRST_BAR * 60_000,
    datasetRows: 65_210,
    importance: Array.from({ length: 20 }, (_, i) => ({
      column: `input_${i}`,
      share: 0.12 - i * 0.005,
    })),
    importanceMethod: 'gain',
    ...options.overrides,
  })
  if (options.withModel) {
    applyEntry(registry, versionEntry(version))
    applyEntry(registry, championEntry(version))
    const model: ScoringModel = {
      version,
      score: () => Promise.resolve(new Float64Array(1)),
      close: () => Promise.resolve(),
      died: new Promise(() => undefined),
    }
    give(fleet, [{ model }])
  }
  const counts = new Map(
    ['candles', 'features', 'predictions', 'news', 'sentiment', 'dead letters'].map((name) => [
      name,
      { read: 0, before: name === 'candles' ? 65_000 : 0 },
    ]),
  )
  const models = { fleet, registry, isRefused: () => false, defaultModel: MODEL }
  const intake = testIntake({ token: options.token ?? '' })
  const desk = testPage()
  const parts: ComponentState[] = [
    { name: 'kafka', ok: true, detail: 'answers' },
    { name: 'redis', ok: false, detail: 'reconnecting' },
  ]
  const dashboard = new Dashboard(
    {
      view,
      models,
      counters: new PipelineCounters(counts),
      banner: 'Simulated data: made by the built-in simulator, seed 20260101.',
    },
    hub,
    FRAME_MS,
  )
  const app = await buildApp({
    logger: pino({ level: 'error' }),
    metrics,
    models,
    view,
    hub,
    catchUp,
    dashboard,
    vectorTtlSeconds: 86_400,
    version: '0.1.0',
    outputs: UNCACHED,
    store: { newestVector: () => Promise.resolve(undefined) },
    news: {
      recent: () =>
        Promise.resolve({ articles: intake.published.map(scored), source: 'clickhouse' }),
    },
    ...testQuality(),
    intake,
    access: OPEN_ACCESS,
    drift: testDrift(),
    monitor: testMonitor(),
    past: testPast(),
    control: testControl(),
    training: testTraining(),
    lineage: testLineage(),
    page: desk.page,
    proofs: desk.proofs,
    dependencies: ALL_UP,
    components: () => parts,
  })
  const count = (name: string): void => {
    const counter = counts.get(name)
    if (counter !== undefined) counter.read += 1
  }
  let bar = FIRST_BAR
  let price = 5_612
  let momentum = 0
  const advance = (bars: number): void => {
    for (let end = bar + bars; bar < end; bar += 1) {
      // A wave and a linear congruential wobble: the same picture in every run.
      momentum =
        0.97 * momentum +
        (((bar * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648 - 0.5) * 0.6
      price += momentum + Math.sin(bar / 37) * 0.5
      const before = price - momentum
      view.addCandle({
        instrument: INSTRUMENT,
        openTimeMs: bar * 60_000,
        open: before,
        high: Math.max(before, price) + 0.4,
        low: Math.min(before, price) - 0.4,
        close: price,
        volume: 1_000 + (bar % 60) * 30,
        bidClose: null,
        askClose: null,
        bidSize: null,
        askSize: null,
        source: 'simulator',
        sourceLine: null,
      })
      const vector = testVector(INSTRUMENT, bar, { close: price })
      view.addVector(vector)
      hub.record(
        sourceIndexOf(candlesTopic.name),
        { partition: 0, offset: bar, bytes: 100 },
        { instrument: INSTRUMENT, openTimeMs: bar * 60_000, close: price },
      )
      for (const name of ['candles', 'features']) count(name)
      if (bar % 45 === 0) {
        count('news')
        count('sentiment')
        view.addArticle(
          scoredArticle({
            articleId: String(bar),
            instrument: INSTRUMENT,
            title: `Stocks waver as traders weigh rate path and earnings, edition ${bar % 1_000}`,
            source: 'simulator',
            availableAtMs: bar * 60_000,
            score: Math.sin(bar),
          }),
        )
      }
      if (!options.withModel) continue
      count('predictions')
      const prediction = {
        predictionId: `${INSTRUMENT}@${vector.openTimeMs}@${version.modelName}/${version.version}`,
        instrument: INSTRUMENT,
        openTimeMs: vector.openTimeMs,
        eventTimeMs: vector.eventTimeMs,
        modelName: version.modelName,
        modelVersion: version.version,
        modelSha256: version.artifactSha256,
        role: 'champion',
        featureSetFingerprint: vector.featureSetFingerprint,
        horizonMinutes: 30,
        targetTimeMs: vector.eventTimeMs + 1_800_000,
        predictedReturn: 0.03 * Math.sin(bar / 23) + momentum * 0.02,
        referenceClose: price,
        featuresMissing: 0,
        lineage: [],
        ...UNQUALIFIED,
        isAnswer: true,
        intervalLow: -0.09,
        intervalHigh: 0.11,
        signalStrength: 0.3 * Math.sin(bar / 23),
      }
      view.addPrediction(prediction, { partition: 0, offset: bar })
      hub.record(
        sourceIndexOf(predictionsTopic.name),
        { partition: 0, offset: bar, bytes: 200 },
        prediction,
      )
    }
  }
  return {
    app,
    desk,
    parts,
    advance,
    async close() {
      dashboard.stop()
      hub.closeAll()
      // A browser keeps spare connections open, and a close would wait a minute for each.
      const closed = app.close()
      app.server.closeAllConnections()
      await closed
    },
  }
}

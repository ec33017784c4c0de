/** The HTTP application with everything behind it made up: for tests that ask it with `inject`. */
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { applyEntry, emptyModelRegistry } from '../../processors/models/model-registry.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import type { Prediction } from '../../schemas/generated.ts'
import { buildApp } from '../../serving/app.ts'
import type {
  AppDependencies,
  ComponentState,
  StoredVector,
} from '../../serving/http/dependencies.ts'
import { Dashboard } from '../../serving/live/dashboard.ts'
import { MarketView } from '../../serving/live/market-view.ts'
import { PipelineCounters } from '../../serving/live/pipeline-counters.ts'
import { UNCACHED } from '../../serving/redis-output-cache.ts'
import { ServingMetrics } from '../../serving/metrics.ts'
import type { ScoringModel } from '../../serving/models/scoring-model.ts'
import { fleetOf } from './fleet-of.ts'
import { COLUMNS, MODEL, publishedModel, versionEntry } from './published-model.ts'
import { ALL_UP } from './test-dependencies.ts'
import { testDrift } from './test-drift.ts'
import { testIntake } from './test-intake.ts'
import { testLineage } from './test-lineage.ts'
import { testControl } from './test-control.ts'
import { testPast } from './test-past.ts'
import { testMonitor } from './test-monitor.ts'
import { testPage } from './test-page.ts'
import { testQuality } from './test-quality.ts'
import { OPEN_ACCESS } from '../../serving/access/access-options.ts'
import { testStreams } from './test-streams.ts'
import { testTraining } from './test-training.ts'
import { testVector } from './vectors.ts'

/** The model that is champion unless a test says otherwise. */
export const CHAMPION = publishedModel(4)

/** Scores on this thread, as the real model would. */
export const championModel = (overrides: Partial<ScoringModel> = {}): ScoringModel => ({
  version: CHAMPION.version,
  score: (matrix, rows) =>
    Promise.resolve(
      Float64Array.from({ length: rows }, (_, row) =>
        CHAMPION.expected([...matrix.subarray(row * COLUMNS.length, (row + 1) * COLUMNS.length)]),
      ),
    ),
  close: () => Promise.resolve(),
  died: new Promise(() => undefined),
  ...overrides,
})

/** A bar that closed about a minute ago. */
export const BAR = Math.floor(Date.now() / 60_000) - 2
/** The instrument with a vector in the store. */
export const KNOWN = 'SPX500_USD'

export const unregistered = {
  registry: emptyModelRegistry(),
  isRefused: () => false,
  defaultModel: MODEL,
}

export interface TestApp extends AppDependencies {
  readonly app: FastifyInstance
  /** Ends the streams and the application. */
  readonly close: () => Promise<void>
}

export async function testApp(
  overrides: Partial<AppDependencies> = {},
  model: ScoringModel | undefined = championModel(),
): Promise<TestApp> {
  const metrics = new ServingMetrics()
  const { hub, catchUp } = testStreams(metrics)
  const view = new MarketView()
  const fleet = model === undefined ? fleetOf() : fleetOf({ model })
  const registry = emptyModelRegistry()
  applyEntry(registry, versionEntry(CHAMPION.version))
  const models = { fleet, registry, isRefused: () => false, defaultModel: MODEL }
  const deps: AppDependencies = {
    logger: pino({ level: 'silent' }),
    metrics,
    models,
    view,
    hub,
    catchUp,
    dashboard: new Dashboard(
      { view, models, counters: new PipelineCounters(new Map()), banner: 'simulated data' },
      hub,
    ),
    outputs: UNCACHED,
    store: {
      newestVector: (instrument) =>
        Promise.resolve(instrument === KNOWN ? storedVector() : undefined),
    },
    news: { recent: () => Promise.resolve({ articles: [], source: 'clickhouse' }) },
    ...testQuality(),
    intake: testIntake(),
    access: OPEN_ACCESS,
    drift: testDrift(),
    monitor: testMonitor(),
    past: testPast(),
    control: testControl(),
    training: testTraining(),
    lineage: testLineage(),
    ...testPage(),
    dependencies: ALL_UP,
    components: (): ComponentState[] => [{ name: 'redis', ok: true, detail: 'connected' }],
    vectorTtlSeconds: 86_400,
    version: '9.9.9',
    ...overrides,
  }
  const app = await buildApp(deps)
  const close = async (): Promise<void> => {
    deps.dashboard.stop()
    deps.hub.closeAll()
    await app.close()
  }
  return { ...deps, app, close }
}

export const storedVector = (overrides: Partial<StoredVector['vector']> = {}): StoredVector => {
  const vector = testVector(KNOWN, BAR, overrides)
  return { vector, offset: 77, eventTimeMs: vector.eventTimeMs }
}

/** Asks for a prediction. */
export const predict = async (app: FastifyInstance, payload: object | string) => {
  const response = await app.inject({
    method: 'POST',
    url: '/predict',
    headers: { 'content-type': 'application/json' },
    payload,
  })
  return {
    status: response.statusCode,
    body: response.json<Record<string, unknown>>(),
    headers: response.headers,
  }
}

/** What the champion said about a bar. */
export const predictionOf = (bar: number): Prediction => {
  const { eventTimeMs, openTimeMs, close, featureSetFingerprint } = testVector(KNOWN, bar)
  const { modelName, version, artifactSha256, horizonMinutes } = CHAMPION.version
  return {
    predictionId: `${KNOWN}@${openTimeMs}@${modelName}/${version}`,
    instrument: KNOWN,
    openTimeMs,
    eventTimeMs,
    modelName,
    modelVersion: version,
    modelSha256: artifactSha256,
    role: 'champion',
    featureSetFingerprint,
    horizonMinutes,
    targetTimeMs: eventTimeMs + horizonMinutes * 60_000,
    predictedReturn: 0.1,
    referenceClose: close,
    featuresMissing: 0,
    lineage: [],
    ...UNQUALIFIED,
  }
}

import { UNQUALIFIED } from '../processors/models/unqualified.ts'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { fleetOf } from '../test/support/fleet-of.ts'
import { COLUMNS, MODEL, publishedModel, versionEntry } from '../test/support/published-model.ts'
import { testDrift } from '../test/support/test-drift.ts'
import { testMonitor } from '../test/support/test-monitor.ts'
import { testLineage } from '../test/support/test-lineage.ts'
import { testTraining } from '../test/support/test-training.ts'
import { testIntake } from '../test/support/test-intake.ts'
import { testQuality } from '../test/support/test-quality.ts'
import { testRow, testVector } from '../test/support/vectors.ts'
import { applyEntry, emptyModelRegistry } from '../processors/models/model-registry.ts'
import { CandlewireError } from '../streams/errors.ts'
import { buildApp } from './app.ts'
import { closeApp } from './close-app.ts'
import type { AppDependencies, ComponentState, StoredVector } from './http/dependencies.ts'
import { Dashboard } from './live/dashboard.ts'
import { MarketView } from './live/market-view.ts'
import { PipelineCounters } from './live/pipeline-counters.ts'
import { StreamHub } from './live/stream-hub.ts'
import { ServingMetrics } from './metrics.ts'
import type { ScoringModel } from './models/scoring-model.ts'
import { trafficPoint } from './models/traffic-split.ts'

const published = publishedModel(4)

/** Scores on this thread, as the real model would. */
const fakeModel = (overrides: Partial<ScoringModel> = {}): ScoringModel => ({
  version: published.version,
  score: (matrix, rows) =>
    Promise.resolve(
      Float64Array.from({ length: rows }, (_, row) =>
        published.expected([...matrix.subarray(row * COLUMNS.length, (row + 1) * COLUMNS.length)]),
      ),
    ),
  close: () => Promise.resolve(),
  died: new Promise(() => undefined),
  ...overrides,
})

const BAR = Math.floor(Date.now() / 60_000) - 2
const KNOWN = 'SPX500_USD'

const unregistered = {
  registry: emptyModelRegistry(),
  isRefused: () => false,
  defaultModel: MODEL,
}

interface Setup extends AppDependencies {
  readonly app: FastifyInstance
}

const open: Setup[] = []

async function setUp(
  overrides: Partial<AppDependencies> = {},
  model: ScoringModel | undefined = fakeModel(),
): Promise<Setup> {
  const metrics = new ServingMetrics()
  const hub = new StreamHub(metrics)
  const view = new MarketView((event) => hub.publish(event))
  const fleet = model === undefined ? fleetOf() : fleetOf({ model })
  const registry = emptyModelRegistry()
  applyEntry(registry, versionEntry(published.version))
  const models = { fleet, registry, isRefused: () => false, defaultModel: MODEL }
  const deps: AppDependencies = {
    logger: pino({ level: 'silent' }),
    metrics,
    models,
    view,
    hub,
    dashboard: new Dashboard(
      { view, models, counters: new PipelineCounters(new Map()), banner: 'simulated data' },
      hub,
    ),
    store: {
      newestVector: (instrument) => Promise.resolve(instrument === KNOWN ? stored() : undefined),
    },
    news: { recent: () => Promise.resolve({ articles: [], source: 'clickhouse' }) },
    ...testQuality(),
    intake: testIntake(),
    drift: testDrift(),
    monitor: testMonitor(),
    training: testTraining(),
    lineage: testLineage(),
    components: (): ComponentState[] => [{ name: 'redis', ok: true, detail: 'connected' }],
    vectorTtlSeconds: 86_400,
    version: '9.9.9',
    ...overrides,
  }
  const setup = { ...deps, app: await buildApp(deps) }
  open.push(setup)
  return setup
}

const stored = (overrides: Partial<StoredVector['vector']> = {}): StoredVector => {
  const vector = testVector(KNOWN, BAR, overrides)
  return { vector, offset: 77, eventTimeMs: vector.eventTimeMs }
}

const predict = async (app: FastifyInstance, payload: object | string) => {
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

afterEach(async () => {
  for (const { app, hub, dashboard } of open.splice(0)) {
    dashboard.stop()
    hub.closeAll()
    await app.close()
  }
})

describe('POST /predict', () => {
  it('answers from the newest vector with its age', async () => {
    const { app } = await setUp()
    const { status, body } = await predict(app, { instrument: KNOWN })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      predictedReturn: published.expected(testRow(BAR)),
      modelName: 'forward_return_30',
      modelVersion: '1.4.0',
      source: 'redis',
      featureOffset: 77,
      featureTtlSeconds: 86_400,
      stale: false,
      inSample: false,
      targetTimeMs: (BAR + 31) * 60_000,
    })
    expect(body['featureAgeSeconds']).toBeGreaterThan(0)
    expect(body['latencyMs']).toBeGreaterThan(0)
  })

  it('marks an old vector as stale', async () => {
    const { app } = await setUp({ vectorTtlSeconds: 1 })
    expect((await predict(app, { instrument: KNOWN })).body).toMatchObject({
      stale: true,
      abstainReason: 'stale_features',
      signalStrength: 0,
    })
  })

  it('answers with the shadow where there is no champion, and says what that means', async () => {
    const { app } = await setUp({
      models: { ...unregistered, fleet: fleetOf({ model: fakeModel(), role: 'shadow' }) },
    })
    const { status, body } = await predict(app, { instrument: KNOWN })
    expect([status, body['role']]).toEqual([200, 'shadow'])
    expect(body['warning']).toContain('no version has passed the promotion gate')
    expect((await app.inject('/health')).json()).toMatchObject({
      status: 'ok',
      model: { name: MODEL, version: '1.4.0', role: 'shadow', share: 1 },
      warnings: [body['warning']],
    })
    expect((await app.inject('/models')).json()).toMatchObject({ models: [] })
  })

  it('answers with the model and the version that are asked for', async () => {
    const [shadow, other] = [
      publishedModel(5),
      publishedModel(6, { modelName: 'direction_60', objective: 'classification' }),
    ]
    const sure = { version: other.version, score: () => Promise.resolve(Float64Array.of(0.7)) }
    const fleet = fleetOf(
      { model: fakeModel() },
      { model: fakeModel({ version: shadow.version }), role: 'shadow' },
      { model: fakeModel(sure), role: 'shadow' },
    )
    const { app } = await setUp({ models: { ...unregistered, fleet } })
    const ask = async (choice: object) =>
      (await predict(app, { instrument: KNOWN, ...choice })).body
    expect(await ask({})).toMatchObject({ modelVersion: '1.4.0', role: 'champion' })
    expect(await ask({ model_version: '1.5.0' })).toMatchObject({
      modelVersion: '1.5.0',
      role: 'shadow',
    })
    expect(await ask({ model_name: 'direction_60' })).toMatchObject({
      modelName: 'direction_60',
      objective: 'classification',
      predictedReturn: 0,
      probability: 0.7,
      confidence: 0.7,
      signalStrength: expect.closeTo(0.4, 12) as number,
    })
    const unknown = await predict(app, { instrument: KNOWN, model_version: '7.0.0' })
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } })
    const nameless = await predict(app, { instrument: KNOWN, model_name: 'moon' })
    expect(nameless).toMatchObject({ status: 503, body: { error: { code: 'NO_MODEL' } } })
    const info = await app.inject('/debug/model-info?model_name=direction_60')
    expect(info.json()).toMatchObject({ modelName: 'direction_60', role: 'shadow', share: 1 })
  })

  it('sticks to the key of a request between champion and challenger', async () => {
    const challenger = publishedModel(5)
    const fleet = fleetOf(
      { model: fakeModel() },
      { model: fakeModel({ version: challenger.version }), role: 'challenger', weight: 0.5 },
    )
    const { app } = await setUp({ models: { ...unregistered, fleet } })
    for (const key of Array.from({ length: 20 }, (_, n) => `user ${n}`)) {
      const { body } = await predict(app, { instrument: KNOWN, key })
      expect(body['role']).toBe(trafficPoint(MODEL, key) < 0.5 ? 'challenger' : 'champion')
    }
  })

  it('answers from given features and lags', async () => {
    const { app } = await setUp()
    const features = { close_vwap_ratio: 2, return_1: 0.25 }
    const { status, body } = await predict(app, { features, recentReturns: [0.25, 3] })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      predictedReturn: published.expected([2, 0.25, 3]),
      source: 'request',
      featuresMissing: 0,
      instrument: null,
    })
  })

  it.each([
    ['nothing', {}, 'must have required'],
    ['an instrument and features', { instrument: KNOWN, features: {} }, 'oneOf'],
    ['a name with spaces', { instrument: 'a b' }, 'pattern'],
    ['a number for a name', { instrument: 5 }, 'string'],
    ['text for a feature', { features: { return_1: '5' } }, 'number'],
    ['a feature nobody knows', { features: { moon_phase: 1 } }, 'moon_phase'],
    ['a property nobody knows', { instrument: KNOWN, model: 'x' }, 'model'],
    ['eight returns', { features: {}, recentReturns: [1, 2, 3, 4, 5, 6, 7, 8] }, '7 items'],
    ['broken JSON', '{', 'JSON'],
    ['a list', '[]', 'object'],
    ['too few inputs', { features: {} }, 'no answer'],
  ])('refuses %s', async (_, payload, why) => {
    const { app } = await setUp()
    const { status, body } = await predict(app, payload)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      error: {
        code: 'REQUEST_INVALID',
        message: expect.stringContaining(why) as string,
        remedy: expect.any(String) as string,
      },
    })
  })

  it('says 404 for an instrument without a vector and 503 without a model', async () => {
    const { app } = await setUp()
    expect(await predict(app, { instrument: 'OTHER' })).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND' } },
    })
    const empty = await setUp({}, undefined)
    await empty.models.fleet.clear()
    expect(await predict(empty.app, { instrument: KNOWN })).toMatchObject({
      status: 503,
      body: { error: { code: 'NO_MODEL' } },
      headers: { 'retry-after': '1' },
    })
  })

  it('says 409 for a vector of another feature set and 503 for an instrument the model does not know', async () => {
    const foreign = stored({ featureSetFingerprint: 'ab' })
    const { app } = await setUp({ store: { newestVector: () => Promise.resolve(foreign) } })
    expect(await predict(app, { instrument: KNOWN })).toMatchObject({
      status: 409,
      body: { error: { code: 'FEATURES_INCOMPATIBLE' } },
    })
    const other = stored({ instrument: 'XAU_USD' })
    const second = await setUp({ store: { newestVector: () => Promise.resolve(other) } })
    expect(await predict(second.app, { instrument: 'XAU_USD' })).toMatchObject({
      status: 503,
      body: { error: { code: 'NO_MODEL' } },
    })
  })

  it('says 503 where the store or the model fails, and 500 without details for anything else', async () => {
    const failing = (cause: Error) => ({ store: { newestVector: () => Promise.reject(cause) } })
    const store = await setUp(failing(new CandlewireError('STORE_FAILED', 'Redis: gone')))
    expect(await predict(store.app, { instrument: KNOWN })).toMatchObject({
      status: 503,
      body: { error: { code: 'STORE_FAILED' } },
    })
    const model = await setUp(
      {},
      fakeModel({ score: () => Promise.reject(new CandlewireError('MODEL_FAILED', 'dead')) }),
    )
    expect(await predict(model.app, { instrument: KNOWN })).toMatchObject({
      status: 503,
      body: { error: { code: 'MODEL_FAILED' } },
    })
    const bug = await setUp(failing(new TypeError('password is hunter2')))
    const answer = await predict(bug.app, { instrument: KNOWN })
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } })
    expect(JSON.stringify(answer.body)).not.toContain('hunter2')
  })
})

it('answers what it has begun when it stops, and closes the streams', async () => {
  let answerStore: (vector: StoredVector) => void = () => undefined
  const asked = new Promise<void>((begun) => {
    const newestVector = () =>
      new Promise<StoredVector>((resolve) => {
        answerStore = resolve
        begun()
      })
    void setUp({ store: { newestVector } }).then(async ({ app }) => {
      url = await app.listen({ host: '127.0.0.1', port: 0 })
      request = fetch(`${url}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instrument: KNOWN }),
      })
    })
  })
  let url = ''
  let request: Promise<Response> | undefined
  await asked
  const [setup] = open
  const stream = await fetch(`${url}/sse/market-stream`)
  const streamed = stream.text()
  setup?.hub.closeAll()
  const started = performance.now()
  const closed = closeApp(setup?.app ?? expect.fail('no app'))
  answerStore(stored())
  expect((await request)?.status).toBe(200)
  await closed
  // The connection of the answered request is kept alive by its client; it must not hold the close.
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(await streamed).toContain('retry:')
  await expect(fetch(`${url}/health`)).rejects.toThrow()
})

describe('the other routes', () => {
  it('reports health and readiness', async () => {
    const { app } = await setUp()
    expect((await app.inject('/health')).json()).toMatchObject({
      status: 'ok',
      version: '9.9.9',
      model: { version: '1.4.0' },
    })
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
    const broken = await setUp({ components: () => [{ name: 'kafka', ok: false, detail: 'away' }] })
    const ready = await broken.app.inject('/health/ready')
    expect([ready.statusCode, ready.json()]).toEqual([
      503,
      { ready: false, reasons: ['kafka: away'] },
    ])
    expect((await broken.app.inject('/health')).json()).toMatchObject({ status: 'degraded' })
  })

  it('describes the models', async () => {
    const { app } = await setUp()
    expect((await app.inject('/models')).json()).toMatchObject({
      models: [{ version: '1.4.0', state: 'live', beatsZeroForecast: false }],
    })
    expect((await app.inject('/debug/model-info')).json()).toMatchObject({
      inputColumns: COLUMNS,
      goldenRows: 3,
      certificate: { rows: 3 },
    })
  })

  it('lists predictions with their outcomes, newest first and bounded', async () => {
    const { app, view } = await setUp()
    for (let bar = 0; bar < 40; bar += 1) {
      view.addVector(testVector(KNOWN, bar))
      view.addPrediction(predictionOf(bar), { partition: 0, offset: bar })
    }
    const history = (url: string) =>
      app
        .inject(url)
        .then((response) =>
          response.json<{ predictions: { eventTimeMs: number; outcome: string }[] }>(),
        )
    const { predictions } = await history(`/predictions/history?instrument=${KNOWN}&limit=40`)
    expect(predictions.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(30).fill('waiting'),
      ...Array<string>(10).fill('realized'),
    ])
    expect(
      (await history('/predictions/history?limit=3')).predictions.map(
        ({ eventTimeMs }) => eventTimeMs / 60_000,
      ),
    ).toEqual([40, 39, 38])
    expect((await app.inject('/predictions/history?limit=0')).statusCode).toBe(400)
    expect((await app.inject('/predictions/history?limit=x')).statusCode).toBe(400)
    expect((await app.inject('/predictions/history?what=x')).statusCode).toBe(400)
  })

  it('answers the newest articles with their sentiment, counted back from the newest bar', async () => {
    const sentiment = {
      positive: 0.1,
      negative: 0.7,
      neutral: 0.2,
      score: -0.6,
      confidence: 0.7,
      model: 'finbert',
    }
    const article = {
      articleId: 'a',
      title: 'Stocks fall',
      source: 'Wire',
      url: null,
      publishedAtMs: 1,
      availableAtMs: 2,
      instruments: [KNOWN],
    }
    const asked: object[] = []
    const { app, view } = await setUp({
      news: {
        recent: (query) => {
          asked.push(query)
          const articles = [
            { ...article, sentiment },
            { ...article, articleId: 'b', sentiment: null },
          ]
          return Promise.resolve({ articles, source: 'redis' })
        },
      },
    })
    view.addVector(testVector(KNOWN, 100))
    const recent = await app.inject(`/news/recent?limit=5&hours_back=2&instrument=${KNOWN}`)
    expect(recent.json()).toEqual({
      articles: [
        { ...article, sentiment: { label: 'negative', ...sentiment } },
        { ...article, articleId: 'b', sentiment: null },
      ],
      afterMs: 101 * 60_000 - 7_200_000,
      untilMs: 101 * 60_000,
      clock: 'newest bar',
      store: 'redis',
      complete: false,
    })
    const { afterMs, untilMs } = recent.json<{ afterMs: number; untilMs: number }>()
    expect(asked).toEqual([{ limit: 5, afterMs, untilMs, instrument: KNOWN }])
    expect((await app.inject('/news/recent?until=1700000000000')).json()).toMatchObject({
      clock: 'request',
      untilMs: 1_700_000_000_000,
    })
    for (const bad of ['limit=0', 'limit=101', 'hours_back=0', 'hours_back=8785', 'hours_back=x'])
      expect((await app.inject(`/news/recent?${bad}`)).statusCode, bad).toBe(400)
    for (const bad of ['until=-1', 'instrument=%20', 'what=1'])
      expect((await app.inject(`/news/recent?${bad}`)).statusCode, bad).toBe(400)
  })

  it('answers 503 when neither store of news does', async () => {
    const { app } = await setUp({
      news: { recent: () => Promise.reject(new CandlewireError('STORE_FAILED', 'away')) },
    })
    expect((await app.inject('/news/recent')).statusCode).toBe(503)
  })

  it('shows the page with its policy, the docs, and metrics by route', async () => {
    const { app } = await setUp()
    const page = await app.inject('/')
    expect(page.body).toContain('Candlewire')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    for (const file of ['page.css', 'page.js', 'chart.js', 'icon.svg'])
      expect((await app.inject(`/page/${file}`)).statusCode).toBe(200)
    const paths = Object.keys((await app.inject('/docs/json')).json<{ paths: object }>().paths)
    expect(paths).toEqual(
      expect.arrayContaining([
        '/predict',
        '/health',
        '/models',
        '/predictions/history',
        '/news/recent',
        '/features/{instrument}',
        '/sse/market-stream',
        '/metrics',
      ]),
    )
    expect((await app.inject('/nowhere?x=1')).json()).toMatchObject({
      error: { code: 'NOT_FOUND', message: 'There is no GET /nowhere' },
    })
    const metrics = (await app.inject('/metrics')).body
    expect(metrics).toContain(
      'candlewire_http_request_seconds_count{method="GET",route="/",status="200"} 1',
    )
    expect(metrics).toContain('route="(none)",status="404"')
  })
})

const predictionOf = (bar: number) => {
  const { eventTimeMs, openTimeMs, close, featureSetFingerprint } = testVector(KNOWN, bar)
  const { modelName, version, artifactSha256, horizonMinutes } = published.version
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

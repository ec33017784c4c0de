import { afterEach, describe, expect, it } from 'vitest'
import {
  BAR,
  CHAMPION,
  championModel,
  KNOWN,
  predict,
  storedVector,
  testApp,
  unregistered,
  type TestApp,
} from '../../test/support/test-app.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { MODEL, publishedModel } from '../../test/support/published-model.ts'
import { testRow } from '../../test/support/vectors.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { trafficPoint } from '../models/traffic-split.ts'

const open: TestApp[] = []

async function setUp(...options: Parameters<typeof testApp>): Promise<TestApp> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
})

describe('POST /predict', () => {
  it('answers from the newest vector with its age', async () => {
    const { app } = await setUp()
    const { status, body } = await predict(app, { instrument: KNOWN })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      predictedReturn: CHAMPION.expected(testRow(BAR)),
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
      models: { ...unregistered, fleet: fleetOf({ model: championModel(), role: 'shadow' }) },
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
      { model: championModel() },
      { model: championModel({ version: shadow.version }), role: 'shadow' },
      { model: championModel(sure), role: 'shadow' },
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
      { model: championModel() },
      { model: championModel({ version: challenger.version }), role: 'challenger', weight: 0.5 },
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
      predictedReturn: CHAMPION.expected([2, 0.25, 3]),
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
    ['an empty batch', '[]', 'fewer than 1'],
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
    const foreign = storedVector({ featureSetFingerprint: 'ab' })
    const { app } = await setUp({ store: { newestVector: () => Promise.resolve(foreign) } })
    expect(await predict(app, { instrument: KNOWN })).toMatchObject({
      status: 409,
      body: { error: { code: 'FEATURES_INCOMPATIBLE' } },
    })
    const other = storedVector({ instrument: 'XAU_USD' })
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
      championModel({ score: () => Promise.reject(new CandlewireError('MODEL_FAILED', 'dead')) }),
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

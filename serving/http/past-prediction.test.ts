import { afterEach, describe, expect, it } from 'vitest'
import { applyEntry, emptyModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { MODEL, publishedModel, versionEntry } from '../../test/support/published-model.ts'
import { KNOWN, predict, testApp, type TestApp } from '../../test/support/test-app.ts'
import { testPast } from '../../test/support/test-past.ts'
import { testRow, testVector } from '../../test/support/vectors.ts'
import { LoadedModel } from '../models/loaded-model.ts'
import type { LiveThen } from '../past/live-version.ts'
import type { PastDesk } from './dependencies.ts'

/** 2025-03-07T14:30Z, in minutes. */
const BAR = 29_022_630
const TIME = '2025-03-07T14:31:20Z'
const [former, present] = [publishedModel(2), publishedModel(4)]

const open: TestApp[] = []
afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
})

/** 1.4.0 is champion today; the vector of {@link BAR} was known at {@link TIME}. */
async function setUp(then: LiveThen | undefined, past: Partial<PastDesk> = {}) {
  const registry = emptyModelRegistry()
  for (const { version } of [former, present]) applyEntry(registry, versionEntry(version))
  const fleet = fleetOf({ model: fakeModel(present) })
  const used: ModelVersion[] = []
  const vector = testVector(KNOWN, BAR)
  const setup = await testApp({
    models: { fleet, registry, isRefused: () => false, defaultModel: MODEL },
    outputs: { outputOf: () => expect.fail('a past answer is always computed') },
    past: testPast({
      vectors: {
        asOf: (_, timeMs) =>
          Promise.resolve(
            timeMs < vector.eventTimeMs
              ? undefined
              : { vector, offset: 5, eventTimeMs: vector.eventTimeMs },
          ),
        join: () => Promise.resolve([]),
      },
      versions: { liveAt: () => Promise.resolve(then) },
      models: {
        use: (version, work) => {
          used.push(version)
          return work(new LoadedModel(fakeModel(former)))
        },
      },
      ...past,
    }),
  })
  open.push(setup)
  const ask = (more: object = {}) =>
    predict(setup.app, { instrument: KNOWN, timestamp: TIME, ...more })
  return { ask, used }
}

const published = (modelSha256 = former.version.artifactSha256): LiveThen => ({
  version: '1.2.0',
  role: 'champion',
  knownFrom: 'prediction',
  published: {
    modelVersion: '1.2.0',
    modelSha256,
    role: 'champion',
    predictedReturn: former.expected(testRow(BAR)),
    probability: null,
    abstainReason: null,
  },
})

describe('POST /predict with a time', () => {
  it('scores the vector of then with the version of then', async () => {
    const { ask, used } = await setUp(published())
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body).toMatchObject({
      modelVersion: '1.2.0',
      role: 'champion',
      predictedReturn: former.expected(testRow(BAR)),
      source: 'clickhouse',
      featureOffset: 5,
      featureAgeSeconds: 20,
      eventTimeMs: (BAR + 1) * 60_000,
      asOf: {
        timeMs: Date.parse(TIME),
        vectorTimeMs: (BAR + 1) * 60_000,
        liveVersion: '1.2.0',
        knownFrom: 'prediction',
        published: { predictedReturn: former.expected(testRow(BAR)) },
      },
    })
    expect(used).toMatchObject([{ version: '1.2.0' }])
    expect((await ask({ timestamp: Date.parse(TIME) })).body).toMatchObject({
      modelVersion: '1.2.0',
    })
  })

  it('never answers with the version of today instead', async () => {
    const gone = await setUp(published(), { models: testPast().models })
    const otherFile = await setUp(published('ab'))
    const forgotten = await setUp({
      version: '1.1.0',
      role: 'champion',
      knownFrom: 'audit history',
    })
    for (const { ask } of [gone, otherFile, forgotten])
      expect(await ask()).toMatchObject({ status: 410, body: { error: { code: 'MODEL_GONE' } } })
    const none = await setUp(undefined)
    expect(await none.ask()).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('No version of') as string } },
    })
  })

  it('says what was live then when another version is chosen by hand', async () => {
    const { ask } = await setUp(published())
    expect((await ask({ model_version: '1.4.0' })).body).toMatchObject({
      modelVersion: '1.4.0',
      role: 'none',
      predictedReturn: present.expected(testRow(BAR)),
      warning: expect.stringContaining('1.2.0 was live then') as string,
      asOf: { liveVersion: '1.2.0', published: null },
    })
    expect(await ask({ model_version: '9.0.0' })).toMatchObject({ status: 404 })
  })

  it('replaces features of a past vector too', async () => {
    const { ask } = await setUp(published())
    expect((await ask({ overrides: { return_1: 3 } })).body).toMatchObject({
      whatIf: true,
      overridden: [{ feature: 'return_1', from: 0.5, to: 3, isModelInput: true }],
      predictedReturn: former.expected([BAR % 5, 3, BAR % 8]),
    })
  })

  it.each([
    ['before the first vector', '2025-03-07T14:30:59Z', 404, 'was known at'],
    ['the future', '2199-01-01T00:00Z', 400, 'future'],
    ['no time', 'yesterday', 400, 'body/timestamp'],
    ['30 February', '2025-02-30', 400, 'is no time'],
    ['a negative time', -1, 400, 'body/timestamp'],
  ])('refuses %s', async (_, timestamp, status, why) => {
    const { ask } = await setUp(published())
    const answer = await ask({ timestamp })
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(why)
  })
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { fleetOf } from '../../test/support/fleet-of.ts'
import {
  BAR,
  championModel,
  CHAMPION,
  KNOWN,
  predict,
  storedVector,
  testApp,
  unregistered,
  type TestApp,
} from '../../test/support/test-app.ts'
import { publishedModel } from '../../test/support/published-model.ts'
import { testRow } from '../../test/support/vectors.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import type { OutputCache } from './dependencies.ts'

const open: TestApp[] = []

afterEach(async () => {
  vi.useRealTimers()
  for (const setup of open.splice(0)) await setup.close()
})

/** Keeps the first output of a version, and who asked. */
class FirstOutputs implements OutputCache {
  readonly asked: string[] = []
  private readonly outputs = new Map<ModelVersion, number>()

  async outputOf(_: unknown, version: ModelVersion, score: () => Promise<number>) {
    this.asked.push(version.version)
    const output = this.outputs.get(version) ?? (await score())
    this.outputs.set(version, output)
    return output
  }
}

async function setUp() {
  const outputs = new FirstOutputs()
  let scored = 0
  const counting = (model: ReturnType<typeof championModel>) => ({
    ...model,
    score: (matrix: Float32Array, rows: number) => {
      scored += 1
      return model.score(matrix, rows)
    },
  })
  const { version } = publishedModel(5)
  const fleet = fleetOf(
    { model: counting(championModel()) },
    { model: counting(championModel({ version })), role: 'shadow' },
  )
  const stored = storedVector()
  const store = { newestVector: () => Promise.resolve(stored) }
  const setup = await testApp({ outputs, store, models: { ...unregistered, fleet } })
  open.push(setup)
  return { ...setup, asked: outputs.asked, scored: () => scored }
}

describe('a prediction from a kept output', () => {
  it('says what a fresh one says, with the age of its own request', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const { app, scored } = await setUp()
    const fresh = (await predict(app, { instrument: KNOWN })).body
    vi.setSystemTime(Date.now() + 60_000)
    const kept = (await predict(app, { instrument: KNOWN })).body
    expect(scored()).toBe(1)
    expect(fresh['predictedReturn']).toBe(CHAMPION.expected(testRow(BAR)))
    const aged = {
      featureAgeSeconds: expect.closeTo(Number(fresh['featureAgeSeconds']) + 60, 9) as number,
      latencyMs: expect.any(Number) as number,
    }
    expect(kept).toEqual({ ...fresh, ...aged })
  })

  it('abstains once the vector is too old', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const { app, scored } = await setUp()
    expect((await predict(app, { instrument: KNOWN })).body['abstainReason']).not.toBe(
      'stale_features',
    )
    vi.setSystemTime(Date.now() + 90_000_000)
    const { body } = await predict(app, { instrument: KNOWN })
    expect(body).toMatchObject({ stale: true, abstainReason: 'stale_features' })
    expect(scored()).toBe(1)
  })

  it('is of the version that answers', async () => {
    const { app, asked, scored } = await setUp()
    for (const model_version of ['1.4.0', '1.5.0', '1.4.0'])
      expect((await predict(app, { instrument: KNOWN, model_version })).body).toMatchObject({
        modelVersion: model_version,
      })
    expect([asked, scored()]).toEqual([['1.4.0', '1.5.0', '1.4.0'], 2])
  })

  it('is not asked for by what-if and given features', async () => {
    const { app, asked, scored } = await setUp()
    await predict(app, { instrument: KNOWN })
    const overrides = { close_vwap_ratio: 3 }
    const whatIf = (await predict(app, { instrument: KNOWN, overrides })).body
    const [, ...others] = testRow(BAR)
    expect(whatIf['predictedReturn']).toBe(CHAMPION.expected([3, ...others]))
    const given = await predict(app, {
      features: { close_vwap_ratio: 2, return_1: 0.25 },
      recentReturns: [0.25, 3],
    })
    expect(given.body['predictedReturn']).toBe(CHAMPION.expected([2, 0.25, 3]))
    expect([asked, scored()]).toEqual([['1.4.0'], 3])
  })
})

import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { emptyModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { testDrift, testVerdict, type TestDrift } from '../../test/support/test-drift.ts'
import { testIntake } from '../../test/support/test-intake.ts'
import type { AppDependencies } from './dependencies.ts'
import { driftRoutes } from './drift-routes.ts'
import { answerErrors, errorSchema } from './error-answers.ts'

let app: FastifyInstance | undefined
afterEach(async () => {
  await app?.close()
})

async function setUp(drift: TestDrift, token = ''): Promise<FastifyInstance> {
  const registry = emptyModelRegistry()
  const version = { importance: [{ column: 'rsi_14', share: 0.25 }] } as unknown as ModelVersion
  registry.versions.set('forward_return_30/1.2.0', version)
  app = fastify({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  })
  app.addSchema(errorSchema)
  answerErrors(app)
  const intake = testIntake({ token })
  driftRoutes(app, { drift, intake, models: { registry } } as unknown as AppDependencies)
  await app.ready()
  return app
}

const feature = (name: string, drifted: boolean) => ({
  feature: name,
  ks: 0.5,
  ksThreshold: 0.4,
  psi: 1,
  wasserstein: 2,
  missing: 0,
  outOfRange: 0,
  meanShift: null,
  volatilityRatio: null,
  drifted,
})
const report = {
  eventTimeMs: 999_000,
  features: [feature('rsi_14', true), feature('macd', false)],
  movers: [{ feature: 'rsi_14', edges: [50], reference: [0.5, 0.5], current: [0.1, 0.9] }],
}

describe('drift routes', () => {
  it('GET /monitoring/drift/check answers the newest verdict with its top movers', async () => {
    const server = await setUp(testDrift([testVerdict()], report))
    const answer = await server.inject('/monitoring/drift/check')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      drift_detected: true,
      drift_share: 0.5,
      drifted_features: ['rsi_14'],
      health: 'critical',
      expected_false_alarms: 0.02,
      window: { vectors: 1_440, size: 1_440, from_ms: 400_000, to_ms: 1_000_000 },
      reference: { model_name: 'forward_return_30', model_version: '1.2.0' },
      top_movers: [{ feature: 'rsi_14', ks: 0.5, weight: 0.25, current: [0.1, 0.9] }],
    })
  })

  it('answers 404 where nothing was ever measured', async () => {
    const server = await setUp(testDrift())
    const answer = await server.inject('/monitoring/drift/check?instrument=OTHER')
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([
      404,
      'NOT_FOUND',
    ])
  })

  it('GET /monitor/{instrument}/drift goes back page by page', async () => {
    const verdicts = [5, 4, 3, 2, 1].map((n) => testVerdict({ eventTimeMs: n * 60_000 }))
    const server = await setUp(testDrift(verdicts))
    const times: number[] = []
    let before = ''
    for (let page = 0; page < 4; page += 1) {
      const answer = await server.inject(`/monitor/TEST/drift?limit=2${before}`)
      const { verdicts: got, next_before_ms: next } = answer.json<{
        verdicts: { event_time_ms: number }[]
        next_before_ms: number | null
      }>()
      times.push(...got.map((each) => each.event_time_ms))
      if (next === null) break
      before = `&before_ms=${next}`
    }
    expect(times).toEqual([5, 4, 3, 2, 1].map((n) => n * 60_000))
  })

  it('POST /monitoring/drift/alert raises drift, and nothing where there is none', async () => {
    const drift = testDrift([
      testVerdict(),
      testVerdict({ instrument: 'CALM', driftDetected: false, health: 'healthy' }),
    ])
    const server = await setUp(drift)
    const raised = await server.inject({ method: 'POST', url: '/monitoring/drift/alert' })
    expect(raised.json()).toMatchObject({ raised: true })
    const calm = await server.inject({
      method: 'POST',
      url: '/monitoring/drift/alert?instrument=CALM',
    })
    expect(calm.json()).toMatchObject({ raised: false })
    expect(drift.alerts.map(({ kind, subject, severity }) => [kind, subject, severity])).toEqual([
      ['drift', 'TEST', 'critical'],
    ])
  })

  it('asks for the token where one is set', async () => {
    const drift = testDrift([testVerdict()])
    const server = await setUp(drift, 'secret')
    const answer = await server.inject({ method: 'POST', url: '/monitoring/drift/alert' })
    expect([answer.statusCode, drift.alerts.length]).toEqual([403, 0])
  })
})

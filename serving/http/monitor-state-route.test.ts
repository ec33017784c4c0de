import { afterEach, expect, it } from 'vitest'
import {
  BAR,
  KNOWN,
  predictionOf,
  storedVector,
  testApp,
  type TestApp,
} from '../../test/support/test-app.ts'
import { testDrift, testVerdict } from '../../test/support/test-drift.ts'
import { testVector } from '../../test/support/vectors.ts'
import { CandlewireError } from '../../streams/errors.ts'

const open: TestApp[] = []
afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
})

async function setUp(...options: Parameters<typeof testApp>) {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

it('says where an instrument stands', async () => {
  const { app, view } = await setUp()
  for (let bar = BAR - 40; bar <= BAR; bar += 1) {
    view.addVector(testVector(KNOWN, bar))
    if (bar < BAR) view.addPrediction(predictionOf(bar), { partition: 0, offset: bar })
  }
  const answer = await app.inject(`/monitor/${KNOWN}`)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    instrument: KNOWN,
    health: 'ok',
    reasons: [],
    bar: { closeTimeMs: (BAR + 1) * 60_000, close: storedVector().vector.close },
    vector: { offset: 77, stale: false, isFilled: false },
    models: [
      {
        modelName: 'forward_return_30',
        prediction: { eventTimeMs: BAR * 60_000 },
        behindBars: 1,
        outcomes: { realized: 11, waiting: 29, absent: 0, unknown: 0 },
        quality: null,
      },
    ],
    drift: null,
    unavailable: [],
  })
})

it('names what needs attention', async () => {
  const { app, view } = await setUp({
    drift: testDrift([testVerdict({ instrument: KNOWN })]),
    vectorTtlSeconds: 1,
  })
  for (let bar = BAR - 40; bar <= BAR; bar += 1) view.addVector(testVector(KNOWN, bar))
  view.addPrediction(predictionOf(BAR - 5), { partition: 0, offset: 1 })
  expect((await app.inject(`/monitor/${KNOWN}`)).json()).toMatchObject({
    health: 'attention',
    reasons: [
      'The newest vector is stale',
      'forward_return_30 is 5 bars behind the newest one',
      'Drift: rsi_14 moved most',
    ],
    drift: { driftDetected: true, health: 'critical' },
  })
})

it('answers without the store, and says so; 404 where nothing is known', async () => {
  const newestVector = () => Promise.reject(new CandlewireError('STORE_FAILED', 'away'))
  const { app } = await setUp({ store: { newestVector } })
  const answer = await app.inject(`/monitor/${KNOWN}`)
  expect([answer.statusCode, answer.json<{ unavailable: string[] }>().unavailable]).toEqual([
    200,
    ['vector'],
  ])
  const second = await setUp()
  expect((await second.app.inject('/monitor/NOBODY')).statusCode).toBe(404)
  expect((await second.app.inject('/monitor/a%20b')).statusCode).toBe(400)
})

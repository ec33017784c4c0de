import { afterEach, expect, it } from 'vitest'
import { KNOWN, predictionOf, testApp, type TestApp } from '../../test/support/test-app.ts'
import { testVector } from '../../test/support/vectors.ts'

const open: TestApp[] = []

async function setUp(...options: Parameters<typeof testApp>): Promise<TestApp> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
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

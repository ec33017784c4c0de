import { afterEach, expect, it } from 'vitest'
import { testApp, type TestApp } from '../../test/support/test-app.ts'
import { COLUMNS } from '../../test/support/published-model.ts'

const open: TestApp[] = []

async function setUp(...options: Parameters<typeof testApp>): Promise<TestApp> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
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

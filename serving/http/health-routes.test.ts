import { afterEach, expect, it } from 'vitest'
import { withAway } from '../../test/support/test-dependencies.ts'
import { testApp, type TestApp } from '../../test/support/test-app.ts'

const open: TestApp[] = []

async function setUp(...options: Parameters<typeof testApp>): Promise<TestApp> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
})

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
    { ready: false, reasons: ['kafka: away'], degraded: [] },
  ])
  expect((await broken.app.inject('/health')).json()).toMatchObject({ status: 'degraded' })
})

it('stays ready without a store that it can answer without, and names it', async () => {
  const { app } = await setUp({
    dependencies: withAway('clickhouse'),
    components: () => [{ name: 'clickhouse', ok: false, detail: 'away', isSpared: true }],
  })
  const ready = await app.inject('/health/ready')
  expect([ready.statusCode, ready.json()]).toEqual([
    200,
    { ready: true, reasons: [], degraded: ['clickhouse'] },
  ])
  expect((await app.inject('/health')).json()).toMatchObject({
    status: 'degraded',
    degraded: ['clickhouse'],
  })
})

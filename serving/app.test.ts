import { afterEach, expect, it } from 'vitest'
import { KNOWN, storedVector, testApp, type TestApp } from '../test/support/test-app.ts'
import { closeApp } from './close-app.ts'
import type { StoredVector } from './http/dependencies.ts'

const open: TestApp[] = []

async function setUp(...options: Parameters<typeof testApp>): Promise<TestApp> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
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
  answerStore(storedVector())
  expect((await request)?.status).toBe(200)
  await closed
  // The connection of the answered request is kept alive by its client; it must not hold the close.
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(await streamed).toContain('retry:')
  await expect(fetch(`${url}/health`)).rejects.toThrow()
})

type Paths = Record<
  string,
  Record<string, { readonly requestBody?: { readonly required: boolean } }>
>

it('shows the page with its policy, the docs, and metrics by route', async () => {
  const { app } = await setUp()
  const page = await app.inject('/')
  expect(page.body).toContain('Candlewire')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  for (const file of ['page.css', 'main.js', 'chart-host.js', 'lib/echarts.js', 'icon.svg'])
    expect((await app.inject(`/page/${file}`)).statusCode).toBe(200)
  const described = (await app.inject('/docs/json')).json<{ paths: Paths }>().paths
  const isNeeded = (path: string) => described[path]?.['post']?.requestBody?.required
  expect(['/predict', '/retrain', '/models/{name}/load'].map(isNeeded)).toEqual([
    true,
    false,
    false,
  ])
  const paths = Object.keys(described)
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

it('refuses broken and long addresses in the form of every other error', async () => {
  const { app } = await setUp()
  for (const url of [
    '/features/%zz',
    `/features/${'a'.repeat(500)}`,
    `/status/${'a'.repeat(9_000)}`,
  ]) {
    const answer = await app.inject(url)
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(answer.statusCode).toBeLessThan(500)
    expect(answer.json()).toMatchObject({ error: { code: expect.any(String) as string } })
  }
})

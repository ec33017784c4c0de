import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { counter, gauge } from './metric-definition.ts'
import { MetricSet } from './metric-set.ts'
import {
  startMetricsEndpoint,
  type MetricsEndpoint,
  type ServiceHealth,
} from './metrics-endpoint.ts'

const logger = pino({ level: 'silent' })
const HOST = '127.0.0.1'
const open: MetricsEndpoint[] = []

async function endpointOf(
  metrics: MetricSet,
  health: () => ServiceHealth = () => 'ok',
  port = 0,
): Promise<MetricsEndpoint | undefined> {
  const options = { service: 'features', host: HOST, port, metrics, health, logger }
  const endpoint = await startMetricsEndpoint(options)
  if (endpoint !== undefined) open.push(endpoint)
  return endpoint
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.stop()))
})

test('answers what is counted and what is looked up at the scrape', async () => {
  const metrics = new MetricSet()
  const seen = counter('test_seen_total', { help: 'Seen.', labels: ['kind'] })
  const depth = metrics.gauge(gauge('test_depth', { help: 'Depth.' }))
  metrics.counter(seen).inc({ kind: 'a' })
  metrics.counter(seen).inc({ kind: 'a' }, 2)
  let now = 7
  metrics.onScrape(() => depth.set(now))
  const endpoint = await endpointOf(metrics)
  const scrape = async () => (await fetch(`${endpoint?.url}/metrics`)).text()
  expect(await scrape()).toContain('test_seen_total{kind="a"} 3\n')
  now = 8
  expect(await scrape()).toContain('test_depth 8\n')
})

test('a look-up that fails or hangs holds up nothing', async () => {
  const metrics = new MetricSet()
  metrics.gauge(gauge('test_depth', { help: 'Depth.' })).set(5)
  metrics.onScrape(() => Promise.reject(new Error('the store is away')))
  metrics.onScrape(() => {
    throw new Error('at once')
  })
  metrics.onScrape(() => new Promise(() => undefined))
  const started = performance.now()
  expect(await metrics.render()).toContain('test_depth 5\n')
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('health is 200 only while the service works', async () => {
  let health: ServiceHealth = 'starting'
  const endpoint = await endpointOf(new MetricSet(), () => health)
  const ask = async () => {
    const response = await fetch(`${endpoint?.url}/health`)
    return [response.status, ((await response.json()) as { status: string }).status]
  }
  expect(await ask()).toEqual([503, 'starting'])
  health = 'ok'
  expect(await ask()).toEqual([200, 'ok'])
  health = 'stopping'
  expect(await ask()).toEqual([503, 'stopping'])
})

test('nothing else is answered, and nothing is written', async () => {
  const endpoint = await endpointOf(new MetricSet())
  expect((await fetch(`${endpoint?.url}/`)).status).toBe(404)
  expect((await fetch(`${endpoint?.url}/metrics`, { method: 'POST' })).status).toBe(405)
})

test('a port that is taken leaves the service without metrics, not down', async () => {
  const first = await endpointOf(new MetricSet())
  const taken = Number(new URL(first?.url ?? '').port)
  expect(await endpointOf(new MetricSet(), undefined, taken)).toBeUndefined()
})

/** Whether the parts the server needs work, and how full Redis is, looked up at each scrape. */
import type { Redis } from 'ioredis'
import { SERVING_METRICS } from '../streams/metrics/definitions/serving-metrics.ts'
import { SYSTEM_METRICS } from '../streams/metrics/definitions/system-metrics.ts'
import type { MetricSet } from '../streams/metrics/metric-set.ts'
import type { ComponentState } from './http/dependencies.ts'

/** Less than a scrape waits: a Redis that hangs is told as down. */
const ANSWER_MS = 1_000

export function exportDependencies(
  metrics: MetricSet,
  redis: Pick<Redis, 'status' | 'dbsize'>,
  components: () => readonly ComponentState[],
): void {
  const up = metrics.gauge(SERVING_METRICS.componentUp)
  const redisUp = metrics.gauge(SYSTEM_METRICS.redisUp)
  const redisKeys = metrics.gauge(SYSTEM_METRICS.redisKeys)
  metrics.onScrape(async () => {
    for (const { name, ok } of components()) up.set({ component: name }, ok ? 1 : 0)
    const keys = await keysOf(redis)
    redisUp.set(keys === undefined ? 0 : 1)
    redisKeys.set(keys ?? 0)
  })
}

/** Undefined if Redis does not answer. */
async function keysOf(redis: Pick<Redis, 'status' | 'dbsize'>): Promise<number | undefined> {
  if (redis.status !== 'ready') return undefined
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), ANSWER_MS).unref()
  })
  return Promise.race([redis.dbsize().catch(() => undefined), late])
}

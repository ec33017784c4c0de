/** From a vector that is sent to its prediction that others can read (read_committed), in ms. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Harness } from '../harness.ts'
import { followPredictions } from './follow-predictions.ts'
import { shareOf } from './share-of.ts'
import { until, type Stage } from './stage.ts'

/** So that the 99th percentile is not the slowest alone. */
const VECTORS = 200
const EVERY_MS = 50
const SAMPLES = 3
const MINUTE_MS = 60_000

export async function eventLag(bench: Harness, stage: Stage): Promise<void> {
  const [p50, p99]: number[][] = [[], []]
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const lags = await once(stage, sample * VECTORS)
    p50?.push(shareOf(lags, 0.5))
    p99?.push(shareOf(lags, 0.99))
  }
  bench.record('event_lag.p50', 'ms from vector to prediction', p50 ?? [])
  bench.record('event_lag.p99', 'ms from vector to prediction', p99 ?? [])
}

async function once(stage: Stage, firstBar: number): Promise<number[]> {
  const { newest, sendVectors } = stage
  const tail = await followPredictions(stage)
  const sentAt = new Map<number, number>()
  for (let n = 1; n <= VECTORS; n += 1) {
    const openTimeMs = newest.openTimeMs + (firstBar + n) * MINUTE_MS
    sentAt.set(openTimeMs, performance.timeOrigin + performance.now())
    await sendVectors([{ ...newest, openTimeMs, eventTimeMs: openTimeMs + MINUTE_MS }])
    await delay(EVERY_MS)
  }
  const isThere = (): boolean => [...sentAt.keys()].every((openTimeMs) => tail.seen.has(openTimeMs))
  await until('every prediction', () => Promise.resolve(isThere()))
  await tail.stop()
  return [...sentAt].map(([openTimeMs, sentMs]) => tail.seen.get(openTimeMs)!.clockMs - sentMs)
}

/**
 * A prediction to 1,000 WebSocket clients: from the moment at which anybody could read it (a reader of
 * predictions.v1 or the first client, whichever was first) to its arrival at each of them.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Harness } from '../harness.ts'
import { followPredictions, type SeenPrediction } from './follow-predictions.ts'
import { shareOf } from './share-of.ts'
import { INSTRUMENT, startModule, until, type Stage } from './stage.ts'
import type { StreamLoad } from './stream-load.ts'

const CLIENTS = 1_000
const MESSAGES = 8
const EVERY_MS = 1_000
const MINUTE_MS = 60_000
/** Beyond the bars of the event lag. */
const FIRST_BAR = 10_000
const SAMPLES = 3

export async function fanOut(bench: Harness, stage: Stage): Promise<void> {
  const query = `instrument=${INSTRUMENT}&types=prediction`
  const url = `${stage.url.replace('http', 'ws')}/ws/market-stream?${query}`
  const clients = startModule('./stream-load.ts', [url, String(CLIENTS)])
  let printed = ''
  clients.stdout?.on('data', (bytes: Buffer) => (printed += bytes.toString()))
  const closed = new Promise((resolve) => clients.once('close', resolve))
  await until('all clients', () => Promise.resolve(printed.startsWith('ready\n')))
  const tail = await followPredictions(stage)
  for (let n = 0; n < SAMPLES * MESSAGES; n += 1) {
    const openTimeMs = stage.newest.openTimeMs + (FIRST_BAR + n) * MINUTE_MS
    await stage.sendVectors([{ ...stage.newest, openTimeMs, eventTimeMs: openTimeMs + MINUTE_MS }])
    await delay(EVERY_MS)
  }
  await until('predictions', () => Promise.resolve(tail.seen.size >= SAMPLES * MESSAGES))
  await tail.stop()
  clients.stdin?.end('\n')
  await closed
  const { arrivals, closed: lost } = JSON.parse(printed.slice('ready\n'.length)) as StreamLoad
  if (lost > 0) throw new Error(`${lost} of ${CLIENTS} clients lost their connection`)
  report(bench, [...tail.seen.values()], arrivals)
}

function report(
  bench: Harness,
  seen: readonly SeenPrediction[],
  arrivals: StreamLoad['arrivals'],
): void {
  const [p50, p99]: number[][] = [[], []]
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const some = seen.slice(sample * MESSAGES, (sample + 1) * MESSAGES)
    const late = some.flatMap(({ predictionId, clockMs }) => {
      const all = arrivals[predictionId] ?? []
      const readable = Math.min(clockMs, all[0] ?? Infinity)
      return all.map((at) => at - readable)
    })
    if (late.length !== MESSAGES * CLIENTS)
      throw new Error(`${late.length} of ${MESSAGES * CLIENTS} messages arrived`)
    p50?.push(shareOf(late, 0.5))
    p99?.push(shareOf(late, 0.99))
  }
  bench.record('ws.p50', 'ms to each of 1,000 clients', p50 ?? [])
  bench.record('ws.p99', 'ms to each of 1,000 clients', p99 ?? [])
}

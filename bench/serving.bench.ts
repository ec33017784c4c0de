/**
 * The prediction server under load, on a stack of its own: every part a process of its own on the same
 * cores, the load generator among them, so figures are those of a machine that does everything at once.
 *
 * The vectors are a walk's, the models LightGBM's of 200 trees. Beside `/predict` (`--python PATH`) a
 * FastAPI server answers the same from the same Redis with the same trees. Processor time a request
 * (`.cpu`) holds still on a busy machine; requests a second do not.
 */
import type { Benchmark, Harness } from './harness.ts'
import { eventLag } from './serving/event-lag.ts'
import { fanOut } from './serving/fan-out.ts'
import type { HttpLoad, HttpLoadJob } from './serving/http-load.ts'
import { keptOutputs } from './serving/kept-outputs.ts'
import { withPeer } from './serving/peer.ts'
import {
  INSTRUMENT,
  jsonOfModule,
  openStage,
  startServices,
  stopServices,
  until,
  type Stage,
} from './serving/stage.ts'
import { cpuSecondsOf } from './support/process-use.ts'

const SERVICES = ['sinks', 'server']
const SECONDS = 4
const CONNECTIONS = [10, 100] as const
const SWAPS = 50
/** Vectors that are to be scored at once. */
const BATCH_ROWS = 65_536
const MICROSECONDS = 1e6

export const benchmark: Benchmark = {
  name: 'serving',
  about: 'requests, hot swaps, streams and event lag of the real server; --python PATH for FastAPI',
  async run(bench) {
    const stage = await openStage()
    try {
      const pids = await startServices(stage.config, SERVICES)
      const server = pids.get('server') ?? NaN
      await stage.publish(0)
      await stage.sendVectors([stage.newest])
      await until('the first answer', () => answers(stage.url))
      await requests(bench, stage, server)
      await keptOutputs(bench, stage)
      await swaps(bench, stage)
      await eventLag(bench, stage)
      await fanOut(bench, stage)
      await duringBatch(bench, stage)
      await stopServices(stage.config, SERVICES)
      await stage.disconnect()
    } finally {
      await stage.close()
    }
  },
}

const predict = { instrument: INSTRUMENT }
const load = (job: HttpLoadJob): Promise<HttpLoad> => jsonOfModule('./http-load.ts', job)

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(predict),
  })
  return response.status === 200
}

/** Every route by itself, ours and the peer's in turn within the same run. */
async function requests(bench: Harness, stage: Stage, server: number): Promise<void> {
  const { url } = stage
  for (const connections of CONNECTIONS)
    await route(bench, `predict.c${connections}`, server, {
      ...{ url: `${url}/predict`, connections, seconds: SECONDS, body: predict },
    })
  const others = {
    health: '/health',
    history: `/predictions/history?instrument=${INSTRUMENT}&limit=100`,
    news: '/news/recent',
  }
  for (const [name, path] of Object.entries(others))
    await route(bench, name, server, { url: `${url}${path}`, connections: 10, seconds: 2 })
  await withPeer(bench, stage, async (peerUrl, pid) => {
    for (const connections of CONNECTIONS)
      await route(bench, `peer:fastapi.predict.c${connections}`, pid, {
        ...{ url: `${peerUrl}/predict`, connections, seconds: SECONDS, body: predict },
      })
  })
}

async function route(bench: Harness, name: string, pid: number, job: HttpLoadJob): Promise<void> {
  const probe = await load({ ...job, connections: 1, seconds: 1 })
  if (probe.failed > 0) {
    bench.note(`${name} left out: ${probe.firstFailure ?? 'it fails'}`)
    return
  }
  const units = {
    rps: 'req/s',
    p50: 'ms',
    p99: 'ms',
    cpu: 'µs of CPU a request',
    failed: 'requests',
  }
  const named = Object.entries(units).map(([key, unit]) => [`${name}.${key}`, unit])
  await bench.repeatAll(Object.fromEntries(named) as Record<string, string>, async () => {
    const before = cpuSecondsOf(pid)
    const seen = await load(job)
    const cpu = (MICROSECONDS * (cpuSecondsOf(pid) - before)) / seen.requests
    const { rps, p50, p99, failed } = seen
    return {
      [`${name}.rps`]: rps,
      [`${name}.p50`]: p50,
      [`${name}.p99`]: p99,
      [`${name}.cpu`]: cpu,
      [`${name}.failed`]: failed,
    }
  })
}

/** The same load without and with champions that follow one another, as quickly as they are loaded. */
async function swaps(bench: Harness, stage: Stage): Promise<void> {
  let version = 0
  const job = { url: `${stage.url}/predict`, connections: 10, body: predict }
  const samples = 3
  const [failed, ratios, seconds, back]: number[][] = [[], [], [], []]
  for (let sample = 0; sample < samples; sample += 1) {
    const calm = await load({ ...job, seconds: SECONDS })
    const started = performance.now()
    let done = false
    const swapping = (async () => {
      for (let swap = 0; swap < Math.ceil(SWAPS / samples); swap += 1) {
        version += 1
        await stage.publish(version)
        await until(`version ${version}`, () => isLive(stage.url, version))
      }
      seconds?.push((performance.now() - started) / 1_000 / Math.ceil(SWAPS / samples))
      done = true
    })()
    const during: HttpLoad[] = []
    while (!done) during.push(await load({ ...job, seconds: SECONDS }))
    await swapping
    back?.push(await goBack(stage, version))
    failed?.push(during.reduce((sum, each) => sum + each.failed, 0))
    ratios?.push(Math.max(...during.map(({ p99 }) => p99)) / calm.p99)
  }
  bench.record('swap.failed', 'requests', failed ?? [])
  bench.record('swap.p99_ratio', 'with swaps over without', ratios ?? [])
  bench.record('swap.seconds', 's from publishing to live', seconds ?? [])
  bench.record('rollback.seconds', 's from the record to the answer', back ?? [])
}

/** To the champion before, and forth again. @returns seconds until the one before answers. */
async function goBack(stage: Stage, version: number): Promise<number> {
  const asked = performance.now()
  await stage.point(version - 1)
  await until('the champion before', () => isLive(stage.url, version - 1))
  const seconds = (performance.now() - asked) / 1_000
  await stage.point(version)
  await until('the champion again', () => isLive(stage.url, version))
  return seconds
}

async function isLive(url: string, version: number): Promise<boolean> {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(predict),
  })
  const { modelVersion } = (await response.json()) as { modelVersion?: string }
  return modelVersion === `1.${version}.0`
}

/** Requests while a backlog of vectors is scored by the same model. */
async function duringBatch(bench: Harness, stage: Stage): Promise<void> {
  const { vectors } = stage
  const backlog = Array.from({ length: BATCH_ROWS }, (_, row) => vectors[row % vectors.length]!)
  const sending = stage.sendVectors(backlog)
  const job = { url: `${stage.url}/predict`, connections: 10, body: predict, seconds: SECONDS }
  const seen: HttpLoad[] = []
  for (let sample = 0; sample < 3; sample += 1) seen.push(await load(job))
  await sending
  bench.record(
    'batch.rps',
    'req/s',
    seen.map(({ rps }) => rps),
  )
  bench.record(
    'batch.p99',
    'ms',
    seen.map(({ p99 }) => p99),
  )
  bench.record(
    'batch.failed',
    'requests',
    seen.map((each) => each.failed),
  )
}

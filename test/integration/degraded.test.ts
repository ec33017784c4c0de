/**
 * The server while its stores are killed and stalled, one after the other, and come back: what still
 * answers, with which flag, while requests for predictions never stop. A second server is started while
 * the broker and the registry are away.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../bin/stack/ports.ts'
import { readRecord } from '../../bin/stack/process-records.ts'
import { bringUp } from '../../bin/stack/stack.ts'
import { exactJson } from '../../processors/sinks/exact-json.ts'
import { migrate } from '../../processors/sinks/clickhouse/migrate.ts'
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { vectorKey } from '../../processors/sinks/redis/keys.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import {
  featuresTopic,
  modelArtifactsTopic,
  modelVersionsTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readTopic, testClients, until, readyCodecs } from '../support/kafka-client.ts'
import { startOwnStack } from '../support/own-stack.ts'
import { championEntry, publishedModel, versionEntry } from '../support/published-model.ts'
import { sendValues } from '../support/topic-values.ts'
import { testVector } from '../support/vectors.ts'

const own = await startOwnStack()
const { config, logger, kafka, reader } = testClients({
  ...own.environment,
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  // The client of Kafka has a line for every attempt.
  LOG_LEVEL: 'error',
})
type Store = 'kafka' | 'registry' | 'redis' | 'clickhouse'

const run = randomUUID().slice(0, 8)
const instrument = `DEGRADED_${run}`
const modelName = `model_${run}`
const producer = createProducer(kafka)
const redis = createRedis(config, logger)
const NOW_BAR = Math.floor(Date.now() / 60_000) - 30
let nextBar = NOW_BAR
let codecs: Codecs
let server: RunningServer
let late: ChildProcess | undefined

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: Record<string, unknown>
}

/** No request of this test may hang: the longest written wait is that of a history, 15 s. */
const ANSWER_MS = 30_000

async function ask(path: string, body?: object, url = server.url): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(ANSWER_MS)
  const response = await fetch(
    `${url}${path}`,
    body === undefined
      ? { signal }
      : { method: 'POST', headers, body: JSON.stringify(body), signal },
  )
  const { status } = response
  const retryAfter = response.headers.get('retry-after')
  return { status, retryAfter, body: (await response.json()) as Record<string, unknown> }
}

const predict = (): Promise<Answer> => ask('/predict', { instrument })
const degraded = async (path: string): Promise<unknown> => (await ask(path)).body['degraded']
const history = (): Promise<Answer> => ask(`/predictions/history?instrument=${instrument}&limit=50`)
/** What the page asks ClickHouse for. */
const pageData = (): Promise<Answer> => ask(`/page-data/days?instrument=${instrument}`)
/** Said by who knows it, and not found out by waiting. */
const clickHouseIsAway = {
  status: 503,
  retryAfter: '1',
  body: {
    error: {
      code: 'STORE_FAILED',
      message: expect.stringContaining('ClickHouse is away') as string,
    },
  },
}

const send = <Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> =>
  sendValues({ producer, codecs }, topic, values)

const predictionsMade = async (): Promise<number> =>
  (await readTopic(reader, predictionsTopic.name)).flat().length

/** A new vector comes and is scored, by whichever server has the partition. */
async function scoresNext(): Promise<void> {
  const before = await predictionsMade()
  await send(featuresTopic, [testVector(instrument, nextBar)])
  nextBar += 1
  await until('the new vector to be scored', async () => (await predictionsMade()) > before)
}

async function storeInRedis(): Promise<void> {
  const vector = testVector(instrument, NOW_BAR)
  await until('Redis to be connected', () => redis.status === 'ready')
  const { eventTimeMs } = vector
  await redis.hset(vectorKey(instrument), {
    ...{ vector: exactJson(vector), partition: 0, offset: 7, eventTimeMs },
  })
}

const pidOf = (store: Store): number =>
  readRecord(config, store)?.identity?.pid ?? expect.fail(`${store} does not run`)
const signal = (store: Store, name: NodeJS.Signals): boolean => process.kill(pidOf(store), name)
const isAway = (...stores: Store[]): Promise<void> =>
  until(`${stores.join(', ')} to be away`, async () => {
    const shown = await degraded('/health')
    return JSON.stringify(shown) === JSON.stringify(stores)
  })

/** Requests that never stop: how many of each kind, and the longest wait. */
const traffic = { stopped: false, answers: new Map<string, number>(), longestMs: 0 }
let requests: Promise<void> = Promise.resolve()

async function requestForEver(): Promise<void> {
  while (!traffic.stopped) {
    const began = performance.now()
    const { status, body } = await predict()
    traffic.longestMs = Math.max(traffic.longestMs, performance.now() - began)
    const kind = `${status} ${String(body['source'])} ${JSON.stringify(body['degraded'])}`
    traffic.answers.set(kind, (traffic.answers.get(kind) ?? 0) + 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

beforeAll(async () => {
  codecs = await readyCodecs(config, kafka)
  await migrate(config, logger)
  await Promise.all([producer.connect(), reader.connect()])
  const model = publishedModel(1, { modelName, instruments: [instrument], trainedUntilMs: 0 })
  const artifactOffset = await send(modelArtifactsTopic, [model.artifact])
  const version = { ...model.version, artifactOffset }
  await send(modelVersionsTopic, [versionEntry(version), championEntry(version)])
  server = await startServer({
    config: { ...config, httpPort: 0 },
    ...{ kafka, codecs, logger, modelName },
  })
  await storeInRedis()
  await scoresNext()
  await until('a whole answer', async () => (await predict()).body['source'] === 'redis')
  requests = requestForEver()
})

afterAll(async () => {
  traffic.stopped = true
  await requests
  late?.kill('SIGKILL')
  await bringUp(config)
  await server.stop()
  redis.disconnect()
  await Promise.all([producer.disconnect(), reader.disconnect()])
  await own.stop()
})

describe('a server whose stores go away', () => {
  it('says that nothing is missing as long as nothing is', async () => {
    expect(await predict()).toMatchObject({ status: 200, body: { source: 'redis', degraded: [] } })
    await until('all to be up', async () => (await ask('/health/ready')).status === 200)
    expect(await degraded('/health/ready')).toEqual([])
    expect((await history()).body).toMatchObject({ complete: true, degraded: [] })
  })

  it('answers from what it has followed while Redis stalls, and from Redis again after', async () => {
    signal('redis', 'SIGSTOP')
    try {
      await until(
        'an answer from memory',
        async () => (await predict()).body['source'] === 'memory',
      )
      expect(await predict()).toMatchObject({
        status: 200,
        body: { degraded: ['redis'], referenceClose: testVector(instrument, NOW_BAR).close },
      })
      expect(await ask('/health/ready')).toMatchObject({
        status: 200,
        body: { ready: true, degraded: ['redis'] },
      })
      expect(await ask(`/features/${instrument}`)).toMatchObject({
        body: { source: 'memory', degraded: ['redis'] },
      })
      const unknown = { instrument: `NOT_${run}` }
      expect(await ask('/predict', unknown)).toMatchObject({
        ...{ status: 503, retryAfter: '1', body: { error: { code: 'STORE_FAILED' } } },
      })
      await scoresNext()
    } finally {
      signal('redis', 'SIGCONT')
    }
    await until('Redis again', async () => (await predict()).body['source'] === 'redis')
    expect((await predict()).body['degraded']).toEqual([])
  })

  it('outlives the end of Redis, and fills in for it while it is empty', async () => {
    signal('redis', 'SIGKILL')
    await isAway('redis')
    expect((await predict()).body).toMatchObject({ source: 'memory', degraded: ['redis'] })
    await bringUp(config)
    await isAway()
    await until('Redis to be connected', () => redis.status === 'ready')
    await redis.del(vectorKey(instrument))
    expect((await predict()).body).toMatchObject({ source: 'memory', degraded: ['redis'] })
    await storeInRedis()
    expect((await predict()).body).toMatchObject({ source: 'redis', degraded: [] })
  })

  it('answers a history from memory while ClickHouse stalls or has ended', async () => {
    signal('clickhouse', 'SIGSTOP')
    // Asked before anybody knows: given up as soon as the watch does.
    expect(await history()).toMatchObject({
      status: 200,
      body: { source: 'memory', complete: false, degraded: ['clickhouse'] },
    })
    expect(await pageData()).toMatchObject(clickHouseIsAway)
    signal('clickhouse', 'SIGCONT')
    await until('a whole history', async () => (await history()).body['complete'] === true)
    signal('clickhouse', 'SIGKILL')
    await isAway('clickhouse')
    expect((await history()).body).toMatchObject({ complete: false, degraded: ['clickhouse'] })
    expect((await predict()).body).toMatchObject({ degraded: [] })
    const rows = [{ instrument, timestamp: new Date().toISOString() }]
    expect(await ask('/features/historical', { rows, features: ['rsi_14'] })).toMatchObject({
      ...{ status: 503, retryAfter: '1', body: { error: { code: 'STORE_FAILED' } } },
    })
    expect(await pageData()).toMatchObject(clickHouseIsAway)
    expect(await ask('/health/ready')).toMatchObject({ status: 200 })
    await bringUp(config)
    await until('a whole history', async () => (await history()).body['complete'] === true)
    expect((await history()).body['degraded']).toEqual([])
    await until('the page to have data', async () => (await pageData()).status === 200)
  })

  it('answers from Redis while the broker stalls, says so, and scores on by itself after', async () => {
    signal('kafka', 'SIGSTOP')
    try {
      await isAway('kafka')
      expect(await predict()).toMatchObject({
        ...{ status: 200, body: { source: 'redis', degraded: ['kafka'] } },
      })
      expect(await ask(`/features/${instrument}`)).toMatchObject({
        ...{ status: 200, body: { source: 'redis', degraded: ['kafka'] } },
      })
      expect(await ask('/retrain', {})).toMatchObject({
        ...{ status: 503, retryAfter: '1', body: { error: { code: 'BROKER_FAILED' } } },
      })
      expect(await ask('/health/ready')).toMatchObject({
        ...{ status: 200, body: { ready: true, degraded: ['kafka'] } },
      })
    } finally {
      signal('kafka', 'SIGCONT')
    }
    await isAway()
    await scoresNext()
    expect((await predict()).body).toMatchObject({ source: 'redis', degraded: [] })
  })

  it('goes on without registry and broker, starts without them, and takes up where it was', async () => {
    signal('registry', 'SIGKILL')
    await isAway('registry')
    expect((await predict()).body).toMatchObject({ source: 'redis', degraded: [] })
    await scoresNext()
    signal('kafka', 'SIGKILL')
    await isAway('kafka', 'registry')
    expect((await predict()).body).toMatchObject({ source: 'redis', degraded: ['kafka'] })
    expect((await history()).body).toMatchObject({ degraded: ['kafka'] })
    expect(await ask('/retrain', {})).toMatchObject({
      ...{ status: 503, retryAfter: '1', body: { error: { code: 'BROKER_FAILED' } } },
    })
    expect(await ask('/health/ready')).toMatchObject({
      ...{ status: 200, body: { degraded: ['kafka', 'registry'] } },
    })

    const [port] = await freePorts('127.0.0.1', 1)
    const url = `http://127.0.0.1:${port}`
    const { command, args } = builtProgram('bin/cli', ['serve', '--port', String(port)])
    const settings = { SERVED_MODELS: modelName, METRICS_PORT: '0' }
    late = spawn(command, args, {
      stdio: 'ignore',
      env: { ...process.env, ...own.environment, ...settings },
    })
    const ended = once(late, 'exit')
    const tryLate = (path: string): Promise<Answer | undefined> =>
      ask(path, undefined, url).catch(() => undefined)
    await until('it to say what it waits for', async () => {
      const reasons = (await tryLate('/health/ready'))?.body['reasons']
      return JSON.stringify(reasons) === '["kafka: does not answer","registry: does not answer"]'
    })
    expect(await ask('/health', undefined, url)).toMatchObject({
      ...{ status: 200, body: { status: 'starting' } },
    })
    expect(await ask('/models', undefined, url)).toMatchObject({ status: 503, retryAfter: '1' })

    await bringUp(config)
    await isAway()
    await scoresNext()
    expect((await predict()).body['degraded']).toEqual([])
    await until('the late one to be ready', async () => {
      return (await tryLate('/health/ready'))?.body['ready'] === true
    })
    expect(await ask('/predict', { instrument }, url)).toMatchObject({
      ...{ status: 200, body: { source: 'redis', degraded: [] } },
    })
    late.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('has answered every request on the way, each in time', async () => {
    traffic.stopped = true
    await requests
    const kinds = [...traffic.answers.keys()]
    expect(kinds.filter((kind) => !kind.startsWith('200 '))).toEqual([])
    expect(kinds).toEqual(
      expect.arrayContaining(['200 redis []', '200 memory ["redis"]', '200 redis ["kafka"]']),
    )
    expect(traffic.longestMs).toBeLessThan(ANSWER_MS)
  })
})

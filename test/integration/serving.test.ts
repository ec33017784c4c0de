/** The server on the real stack: models as events, vectors scored once, streams, and Redis. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { exactJson } from '../../processors/sinks/exact-json.ts'
import { vectorKey } from '../../processors/sinks/redis/keys.ts'
import type {
  Alert,
  Features,
  ModelEvent,
  ModelVersion,
  Prediction,
} from '../../schemas/generated.ts'
import { aliasEntry } from '../../processors/models/registry-entries.ts'
import { takeBack } from '../../serving/guard/take-back.ts'
import { trafficPoint } from '../../serving/models/traffic-split.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import {
  alertsTopic,
  featuresTopic,
  modelArtifactsTopic,
  modelEventsTopic,
  modelVersionsTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { followSse } from '../support/follow-sse.ts'
import { readTopic, testClients, until, readyCodecs } from '../support/kafka-client.ts'
import {
  championEntry,
  publishedModel,
  versionEntry,
  type PublishedModel,
} from '../support/published-model.ts'
import { decodeValues, sendValues } from '../support/topic-values.ts'
import { testRow, testVector } from '../support/vectors.ts'

const { config, logger, kafka, reader } = testClients({
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  TRANSACTION_RECORDS_MAX: '100',
})
const run = randomUUID().slice(0, 8)
const instrument = `SERVED_${run}`
const modelName = `model_${run}`
const producer = createProducer(kafka)
const redis = createRedis(config, logger)
let codecs: Codecs
let server: RunningServer | undefined

/** Bars up to here are what the models were trained on. */
const TRAINED_UNTIL_BAR = 99

const named = (n: number, overrides: Partial<ModelVersion> = {}): PublishedModel =>
  publishedModel(n, {
    modelName,
    instruments: [instrument],
    trainedUntilMs: (TRAINED_UNTIL_BAR + 1) * 60_000,
    ...overrides,
  })

const send = <Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> =>
  sendValues({ producer, codecs }, topic, values)

async function publish(model: PublishedModel): Promise<void> {
  const artifactOffset = await send(modelArtifactsTopic, [model.artifact])
  const version = { ...model.version, artifactOffset }
  await send(modelVersionsTopic, [versionEntry(version), championEntry(version)])
}

const bars = (from: number, to: number): Features[] =>
  Array.from({ length: to - from }, (_, index) => testVector(instrument, from + index))

const valuesOf = async <Value>(topic: Topic<Value>): Promise<Value[]> =>
  decodeValues(codecs, topic, await readTopic(reader, topic.name))

const predictions = async (): Promise<Prediction[]> =>
  (await valuesOf(predictionsTopic)).filter((prediction) => prediction.instrument === instrument)

const start = async (): Promise<RunningServer> => {
  server = await startServer({
    config: { ...config, httpPort: 0 },
    kafka,
    codecs,
    logger,
    modelName,
  })
  return server
}

const get = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(`${server?.url}${path}`)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const liveVersion = async (): Promise<unknown> =>
  ((await get('/health')).body['model'] as { version: string } | null)?.version

beforeAll(async () => {
  codecs = await readyCodecs(config, kafka)
  await Promise.all([producer.connect(), reader.connect()])
  await until('Redis to be connected', () => redis.status === 'ready')
})

afterAll(async () => {
  await server?.stop()
  redis.disconnect()
  await Promise.all([producer.disconnect(), reader.disconnect()])
})

describe('prediction server', () => {
  it('is ready without a model, and says that there is none', async () => {
    await start()
    await until('the server to be ready', async () => (await get('/health/ready')).status === 200)
    const health = await get('/health')
    expect(health.body).toMatchObject({ status: 'degraded', model: null })
    expect((await get('/debug/model-info')).body).toMatchObject({ error: { code: 'NO_MODEL' } })
  })

  it('swaps the first model in and scores what comes after its training, exactly once, through a restart', async () => {
    await publish(named(1))
    await until('model 1 to be live', async () => (await liveVersion()) === '1.1.0')
    await send(featuresTopic, bars(0, 400))
    await until('some predictions', async () => (await predictions()).length > 0)
    await server?.stop()
    await send(featuresTopic, bars(400, 700))
    await start()
    await send(featuresTopic, bars(700, 900))
    await until('all predictions', async () => (await predictions()).length >= 800)

    const all = await predictions()
    expect(all.map(({ openTimeMs }) => openTimeMs / 60_000)).toEqual(
      Array.from({ length: 800 }, (_, index) => 100 + index),
    )
    for (const prediction of all) {
      const bar = prediction.openTimeMs / 60_000
      expect(prediction.predictedReturn).toBe(named(1).expected(testRow(bar)))
      expect(prediction).toMatchObject({
        modelVersion: '1.1.0',
        role: 'champion',
        featuresMissing: 0,
        targetTimeMs: (bar + 31) * 60_000,
      })
    }
  })

  it('delivers committed predictions and swaps over WebSocket and SSE', async () => {
    const base = `${server?.url}`
    const overWebSocket: Record<string, unknown>[] = []
    const socket = new WebSocket(
      `${base.replace('http', 'ws')}/ws/market-stream?instrument=${instrument}`,
    )
    socket.on('message', (data: Buffer) =>
      overWebSocket.push(JSON.parse(data.toString()) as Record<string, unknown>),
    )
    await new Promise((resolve) => socket.on('open', resolve))
    const sse = await followSse(`${base}/sse/market-stream?instrument=${instrument}`)
    await publish(named(2))
    await until('model 2 to be live', async () => (await liveVersion()) === '1.2.0')
    await send(featuresTopic, bars(900, 1000))
    const scored = (events: Record<string, unknown>[]) =>
      events.filter((event) => event['modelVersion'] === '1.2.0' && event['type'] === 'prediction')
        .length
    await until(
      'both streams to deliver',
      () => scored(overWebSocket) >= 100 && scored(sse.events) >= 100,
    )
    socket.close()
    await sse.close()
    for (const events of [overWebSocket, sse.events]) {
      expect(scored(events)).toBe(100)
      expect(events.some((event) => event['type'] === 'model' && event['change'] === 'live')).toBe(
        true,
      )
      // Outcomes are another processor's, which does not run here; the greeting is not one of the bars.
      expect(events[0]).toMatchObject({ type: 'hello', resumed: false })
    }
  })

  it('refuses a bad artifact with an event and an alert; the old model goes on', async () => {
    await publish(named(3, { goldenOutputs: [1, 2, 3] }))
    const mine = (event: ModelEvent): boolean => event.modelName === modelName
    await until('the refusal', async () =>
      (await valuesOf(modelEventsTopic)).filter(mine).some(({ kind }) => kind === 'refused'),
    )
    const events = (await valuesOf(modelEventsTopic)).filter(mine)
    expect(events.filter(({ kind }) => kind === 'refused')).toMatchObject([
      { version: '1.3.0', reason: expect.stringContaining('golden') as string },
    ])
    expect(events.filter(({ kind }) => kind === 'loaded').map(({ version }) => version)).toEqual([
      '1.1.0',
      '1.1.0',
      '1.2.0',
    ])
    const alerts = (await valuesOf(alertsTopic)).filter(
      (alert: Alert) => alert.subject === modelName,
    )
    expect(alerts).toMatchObject([
      {
        kind: 'model_refused',
        severity: 'critical',
        labels: { version: '1.3.0', check: 'golden' },
      },
    ])
    expect(await liveVersion()).toBe('1.2.0')
    const metrics = await (await fetch(`${server?.url}/metrics`)).text()
    expect(metrics).toContain(
      `candlewire_model_refused_total{model="${modelName}",check="golden"} 1`,
    )
  })

  it('answers /predict from Redis, and /features with the age', async () => {
    const bar = Math.floor(Date.now() / 60_000) - 3
    const vector = testVector(instrument, bar)
    const post = (body: object) =>
      fetch(`${server?.url}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await post({ instrument })).status).toBe(404)
    await redis.hset(vectorKey(instrument), {
      vector: exactJson(vector),
      partition: 0,
      offset: 7,
      eventTimeMs: vector.eventTimeMs,
    })
    const response = await post({ instrument })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      predictedReturn: named(2).expected(testRow(bar)),
      modelVersion: '1.2.0',
      source: 'redis',
      featureOffset: 7,
      stale: false,
      inSample: false,
    })
    const features = await get(`/features/${instrument}`)
    expect(features.body).toMatchObject({ close: vector.close, stale: false })
    await redis.del(vectorKey(instrument))
  })
})

describe('routing', () => {
  const alias = (n: number, name: string, weight: number) => {
    const { version } = named(n).version
    return aliasEntry({ modelName, alias: name, version, weight, reason: 'test' }, 0)
  }
  const routes = async (): Promise<string[]> => {
    const { models } = (await get('/health')).body as {
      models: { role: string; version: string; share: number }[]
    }
    return models.map(({ role, version, share }) => `${role} ${version} ${share}`)
  }

  it('rolls back in under a second', async () => {
    // Its alias points to the refused 1.3.0; what is live is 1.2.0, and 1.1.0 was before.
    await until('version 2 to be live', async () => (await liveVersion()) === '1.2.0')
    const asked = performance.now()
    await send(modelVersionsTopic, [championEntry(named(1).version)])
    await until('version 1 to be live', async () => (await liveVersion()) === '1.1.0')
    expect(performance.now() - asked).toBeLessThan(1_000)
  })

  it('scores every vector once by champion, challenger and shadow', async () => {
    for (const [n, name, weight] of [
      [4, 'challenger', 0.25],
      [5, 'shadow', 0],
    ] as const) {
      const artifactOffset = await send(modelArtifactsTopic, [named(n).artifact])
      const version = { ...named(n).version, artifactOffset }
      await send(modelVersionsTopic, [versionEntry(version), alias(n, name, weight)])
    }
    await until('all routes', async () => (await routes()).length === 3)
    expect(await routes()).toEqual([
      'champion 1.1.0 0.75',
      'challenger 1.4.0 0.25',
      'shadow 1.5.0 0',
    ])
    await send(featuresTopic, bars(1000, 1060))
    const mine = async () =>
      (await predictions()).filter(({ openTimeMs }) => openTimeMs >= 1000 * 60_000)
    await until('all predictions', async () => (await mine()).length >= 180)
    const made = await mine()
    expect(made.length).toBe(180)
    expect(new Set(made.map(({ predictionId }) => predictionId)).size).toBe(180)
    const answering = trafficPoint(modelName, instrument) < 0.25 ? 'challenger' : 'champion'
    for (const { role, isAnswer, openTimeMs, predictedReturn } of made) {
      const n = { champion: 1, challenger: 4, shadow: 5 }[role] ?? expect.fail(role)
      expect(predictedReturn).toBe(named(n).expected(testRow(openTimeMs / 60_000)))
      expect(isAnswer).toBe(role === answering)
    }
  })

  it('has the guard take the challenger back, once, with the reason in the audit history', async () => {
    const what = { modelName, version: '1.4.0', role: 'challenger', reason: 'it errs' } as const
    const options = { actor: 'server@test', newestEventTimeMs: () => 7 }
    const connection = { kafka, codecs, reader, logger }
    await takeBack(connection, what, options)
    await until('the challenger to be gone', async () => (await routes()).length === 2)
    expect(await routes()).toEqual(['champion 1.1.0 1', 'shadow 1.5.0 0'])
    await takeBack(connection, what, options)
    const events = (await valuesOf(modelEventsTopic)).filter(
      (event) => event.modelName === modelName && event.kind === 'unaliased',
    )
    expect(events).toMatchObject([
      { version: '1.4.0', alias: 'challenger', actor: 'server@test', reason: 'Guard: it errs' },
    ])
  })
})

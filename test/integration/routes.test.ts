/**
 * Every route of a started server on the real stack, with requests that are good and bad: statuses and
 * bodies are those of the OpenAPI that the server itself hands out. A route without a case here fails.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelEvent } from '../../processors/models/registry-entries.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { exactJson } from '../../processors/sinks/exact-json.ts'
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { vectorKey } from '../../processors/sinks/redis/keys.ts'
import type { DriftSummary, ModelQuality } from '../../schemas/generated.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  deadLettersTopic,
  driftSummariesTopic,
  featuresTopic,
  modelArtifactsTopic,
  modelEventsTopic,
  modelQualityTopic,
  modelVersionsTopic,
  newsTopic,
  sentimentTopic,
  type Topic,
} from '../../streams/topics.ts'
import { DocumentedAnswers, type Answered } from '../support/documented-answers.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { championEntry, publishedModel, versionEntry } from '../support/published-model.ts'
import { casesOf, pageCasesOf, type RouteCase } from '../support/route-cases.ts'
import { sampleRecord } from '../support/sample-record.ts'
import { scoredArticle } from '../support/scored-article.ts'
import { testVector } from '../support/vectors.ts'
import { articleOf } from './fixtures/sink-setup.ts'

const MINUTE_MS = 60_000
const run = randomUUID().slice(0, 8)
const { config, logger, kafka } = testClients({
  CLICKHOUSE_DATABASE: `test_routes_${run}`,
  KAFKA_SESSION_TIMEOUT_MS: '6000',
})
const instrument = `ROUTES_${run}`
const modelName = `model_${run}`
const redis = createRedis(config, logger)
const store = new ClickHouse(config)
const stops: (() => Promise<unknown>)[] = []
let server: RunningServer
let documented: DocumentedAnswers

/** Only this test's records are stored, so they come through topics of its own. */
const ownTopic = <Value>(topic: Topic<Value>): Topic<Value> => ({
  ...topic,
  name: `test-routes-${run}-${topic.name}`,
})
const stored = {
  features: ownTopic(featuresTopic),
  events: ownTopic(modelEventsTopic),
  news: ownTopic(newsTopic),
  sentiment: ownTopic(sentimentTopic),
  drift: ownTopic(driftSummariesTopic),
}

const BAR = Math.floor(Date.now() / MINUTE_MS) - 5
const vector = testVector(instrument, BAR)
const articles = { articleId: `${run}-1`, availableAtMs: vector.eventTimeMs - MINUTE_MS }
const verdict = {
  ...(sampleRecord('drift-summary.avsc', { timeMs: vector.eventTimeMs, seed: 1 }) as object),
  ...{ instrument, modelName, modelVersion: '1.1.0', health: 'critical', mode: 'calibrated' },
} as DriftSummary
const quality = {
  ...(sampleRecord('model-quality.avsc', { timeMs: vector.eventTimeMs, seed: 1 }) as object),
  ...{ instrument, modelName, modelVersion: '1.1.0', role: 'champion', objective: 'regression' },
} as ModelQuality
const live = modelEvent({
  ...{ modelName, version: '1.1.0', eventTimeMs: vector.eventTimeMs - MINUTE_MS, kind: 'aliased' },
  ...{ actor: 'test', reason: 'test', alias: 'champion', weight: 1 },
})

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await createTopics(admin, config, Object.values(stored))
  await admin.disconnect()
  const codecs = await connectCodecs(config)
  const own = await connectCodecs(config, [...Object.values(stored), deadLettersTopic])
  const producer = createProducer(kafka)
  await producer.connect()
  stops.push(() => producer.disconnect())
  const send = async <Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> => {
    const codec = (topic.name.startsWith('test-') ? own : codecs).of(topic)
    const messages = values.map((each) => ({ key: topic.keyOf(each), value: codec.encode(each) }))
    const [answer] = await producer.send({ topic: topic.name, messages })
    return Number(answer?.baseOffset ?? -1)
  }
  for (const n of [2, 1]) {
    const model = publishedModel(n, { modelName, instruments: [instrument], parent: null })
    const artifactOffset = await send(modelArtifactsTopic, [model.artifact])
    const version = { ...model.version, artifactOffset }
    await send(modelVersionsTopic, [versionEntry(version), championEntry(version)])
  }
  await send(stored.features, [vector])
  await send(stored.events, [live])
  await send(stored.drift, [verdict])
  await send(stored.news, [{ ...articleOf(instrument, 1), ...articles }])
  await send(stored.sentiment, [scoredArticle({ instrument, ...articles })])
  const sink = await runClickHouseSink({
    ...{ config, kafka, codecs: own, logger, groupId: `test-routes-${run}` },
    topics: Object.values(stored),
  })
  stops.unshift(() => sink.stop())
  await until('the rows', () => sink.stats().rowsTotal === Object.keys(stored).length)
  await until('Redis', () => redis.status === 'ready')
  const { eventTimeMs } = vector
  await redis.hset(vectorKey(instrument), {
    ...{ vector: exactJson(vector), partition: 0, offset: 7, eventTimeMs },
  })
  server = await startServer({
    config: { ...config, httpPort: 0 },
    ...{ kafka, codecs, logger, modelName },
  })
  stops.unshift(() => server.stop())
  await until('the server to be ready', async () => {
    return (await ask({ path: '/health/ready' })).status === 200
  })
  await send(featuresTopic, [vector])
  await send(modelQualityTopic, [quality])
  await until('the quality', async () => {
    return (await ask({ path: `/monitor/${instrument}/quality` })).status === 200
  })
  await until('a prediction', async () => (await predictionId()) !== undefined)
  documented = await DocumentedAnswers.of(server.url)
})

afterAll(async () => {
  for (const stop of stops) await stop()
  await redis.del(vectorKey(instrument))
  redis.disconnect()
  await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
  await store.close()
})

async function ask({ method = 'GET', path, body, headers }: Partial<RouteCase>): Promise<Answered> {
  const abort = new AbortController()
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: abort.signal,
  })
  const contentType = response.headers.get('content-type') ?? ''
  // A stream does not end by itself.
  const isStream = contentType.startsWith('text/event-stream')
  const text = isStream ? '' : await response.text()
  if (isStream) abort.abort()
  return { status: response.status, contentType, text }
}

async function predictionId(): Promise<string | undefined> {
  const { text } = await ask({ path: `/predictions/history?instrument=${instrument}` })
  const { predictions = [] } = JSON.parse(text) as { predictions?: { predictionId: string }[] }
  return predictions[0]?.predictionId
}

async function tryOut({ status, ...request }: RouteCase, operation?: string): Promise<void> {
  const label = `${request.method ?? 'GET'} ${request.path} ${JSON.stringify(request.body) ?? ''}`
  const answer = await ask(request)
  expect.soft(answer.status, `${label}: ${answer.text.slice(0, 300)}`).toBe(status)
  if (operation !== undefined)
    expect.soft(documented.faultOf(operation, answer), label).toBeUndefined()
}

const known = { instrument, modelName, eventTimeMs: vector.eventTimeMs }

describe('every route of a started server', () => {
  it('answers good and bad requests as its OpenAPI says', async () => {
    const cases = casesOf({ ...known, predictionId: (await predictionId()) ?? '' })
    expect(Object.keys(cases).sort()).toEqual(documented.operations.sort())
    for (const [operation, { good, bad }] of Object.entries(cases)) {
      const method = operation.split(' ')[0] ?? ''
      for (const each of [...good, ...bad]) await tryOut({ method, ...each }, operation)
    }
  })

  it('gives the page what it asks for, and refuses what it does not understand', async () => {
    for (const each of pageCasesOf(known)) await tryOut(each)
  })

  it('says of an unknown path, method or media type what is wrong', async () => {
    await tryOut({ path: '/nowhere', status: 404 })
    await tryOut({ path: '/%E0%A4%A', status: 400 })
    await tryOut({ method: 'PUT', path: '/predict', body: {}, status: 404 })
    const headers = { 'content-type': 'application/xml' }
    const xml = { method: 'POST', path: '/predict', body: '<a/>', headers, status: 415 }
    await tryOut(xml, 'POST /predict')
    const long = { ...xml, headers: { 'content-type': 'application/json' } }
    await tryOut({ ...long, body: ' '.repeat(2 ** 20 + 1), status: 413 }, 'POST /predict')
    await tryOut({ ...long, body: '{', status: 400 }, 'POST /predict')
  })
})

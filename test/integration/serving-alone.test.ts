/** A server on the real broker without its stores, and one without its port. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import { modelArtifactsTopic, modelVersionsTopic } from '../../streams/topics.ts'
import { testClients, until, readyCodecs } from '../support/kafka-client.ts'
import { championEntry, publishedModel, versionEntry } from '../support/published-model.ts'
import { sendValues } from '../support/topic-values.ts'

const { config, logger, kafka } = testClients({ KAFKA_SESSION_TIMEOUT_MS: '6000' })
const run = randomUUID().slice(0, 8)
const modelName = `alone_${run}`
const producer = createProducer(kafka)
let codecs: Codecs

beforeAll(async () => {
  codecs = await readyCodecs(config, kafka)
  await producer.connect()
  const model = publishedModel(1, { modelName, instruments: [`ALONE_${run}`], trainedUntilMs: 0 })
  const to = { producer, codecs }
  const artifactOffset = await sendValues(to, modelArtifactsTopic, [model.artifact])
  const version = { ...model.version, artifactOffset }
  await sendValues(to, modelVersionsTopic, [versionEntry(version), championEntry(version)])
})
afterAll(() => producer.disconnect())

describe('when something is missing', () => {
  const bare = (overrides: Partial<typeof config>) =>
    startServer({
      config: { ...config, httpPort: 0, ...overrides },
      kafka,
      codecs,
      logger,
      modelName,
    })

  it('starts without Redis and ClickHouse, and answers from what it has followed', async () => {
    const lonely = await bare({
      redisUrl: 'redis://127.0.0.1:1',
      clickhouseUrl: 'http://127.0.0.1:1',
    })
    try {
      const away = ['redis', 'clickhouse']
      await until('it to be ready', async () => {
        const ready = await fetch(`${lonely.url}/health/ready`)
        return ready.status === 200
      })
      const ready = await fetch(`${lonely.url}/health/ready`)
      expect(await ready.json()).toEqual({ ready: true, reasons: [], degraded: away })
      const body = JSON.stringify({ instrument: `UNKNOWN_${run}` })
      const headers = { 'content-type': 'application/json' }
      const predicted = await fetch(`${lonely.url}/predict`, { method: 'POST', headers, body })
      expect([predicted.status, await predicted.json()]).toMatchObject([
        503,
        { error: { code: 'STORE_FAILED' } },
      ])
      const direct = JSON.stringify({
        features: { close_vwap_ratio: 1, return_1: 1 },
        recentReturns: [1, 1],
      })
      const answered = await fetch(`${lonely.url}/predict`, {
        method: 'POST',
        headers,
        body: direct,
      })
      expect(answered.status).toBe(200)
    } finally {
      await lonely.stop()
    }
  })

  it('names the port that is taken', async () => {
    const first = await bare({})
    const httpPort = Number(new URL(first.url).port)
    await expect(bare({ httpPort })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(httpPort)) as string,
    })
    await first.stop()
  })
})

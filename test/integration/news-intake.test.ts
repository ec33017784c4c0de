/** Articles posted to the server on the real broker, and to one whose broker is not there. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { News } from '../../schemas/generated.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createKafka, createTopics } from '../../streams/kafka.ts'
import { ArticlePublisher } from '../../streams/producers/article-publisher.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { simulatedNews } from '../../streams/sources/simulation/varied-headline.ts'
import { newsTopic } from '../../streams/topics.ts'
import { readSettledTopic, testClients } from '../support/kafka-client.ts'

const { config, logger, kafka, reader } = testClients()
let codecs: Codecs
let server: RunningServer

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  codecs = await connectCodecs(config)
  await reader.connect()
  server = await startServer({
    config: { ...config, httpPort: 0 },
    kafka,
    codecs,
    logger,
    modelName: `none_${randomUUID()}`,
  })
})
afterAll(async () => {
  await server.stop()
  await reader.disconnect()
})

const post = async (path: string, body: unknown) => {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return {
    status: answer.status,
    json: (await answer.json()) as { articleId: string; articles: { articleId: string }[] },
  }
}
const published = async (instrument: string): Promise<News[]> =>
  (await readSettledTopic(reader, newsTopic.name))
    .flat()
    .map(({ value }) => codecs.of(newsTopic).decode(value))
    .filter(({ instruments }) => instruments.includes(instrument))

describe('posted articles', () => {
  it('are in news.v1 when the answer is there, in their order', async () => {
    const instrument = `P-${randomUUID()}`
    const titles = Array.from({ length: 100 }, (_, n) => `Article ${n}`)
    const { status, json } = await post(
      '/api/news',
      titles.map((title) => ({ title, instruments: [instrument] })),
    )
    expect(status).toBe(201)
    const news = await published(instrument)
    expect(news.map(({ title }) => title)).toEqual(titles)
    expect(news.map(({ articleId }) => articleId)).toEqual(
      json.articles.map(({ articleId }) => articleId),
    )
  })

  it('of a request with a fault are all refused', async () => {
    const instrument = `F-${randomUUID()}`
    const articles = [{ title: 'Good', instruments: [instrument] }, { title: '' }]
    expect((await post('/api/news', articles)).status).toBe(400)
    expect(await published(instrument)).toEqual([])
  })

  it('may be simulated', async () => {
    const instrument = `S-${randomUUID()}`
    const { status, json } = await post('/api/stream/negative', {
      instrument,
      availableAt: '2024-02-20T14:30:00Z',
    })
    expect(status).toBe(201)
    expect(await published(instrument)).toMatchObject([
      {
        articleId: json.articleId,
        provenance: 'simulator',
        availableAtMs: Date.UTC(2024, 1, 20, 14, 30),
      },
    ])
  })

  it('are refused in bounded time while there is no broker', async () => {
    const nowhere = createKafka({ kafkaBrokers: '127.0.0.1:9' }, 'test-nowhere', logger)
    const publisher = new ArticlePublisher({ kafka: nowhere, codecs, logger, answerMs: 500 })
    const article = simulatedNews({
      title: 'A',
      body: null,
      source: 's',
      language: null,
      instrument: 'X',
      availableAtMs: 0,
    })
    const begin = performance.now()
    await expect(publisher.publish([article])).rejects.toMatchObject({ code: 'BROKER_FAILED' })
    expect(performance.now() - begin).toBeLessThan(3_000)
    await publisher.close()
  })
})

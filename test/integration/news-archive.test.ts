/** `GET /news/recent` on real stores: what the sinks wrote, and what is answered while ClickHouse is away. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { runRedisSink } from '../../processors/sinks/redis/redis-sink.ts'
import type { News, NewsDuplicate, Sentiment } from '../../schemas/generated.ts'
import { StoredNews, type NewsQuery } from '../../serving/news-archive.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  deadLettersTopic,
  newsDuplicatesTopic,
  newsTopic,
  sentimentTopic,
  type Topic,
} from '../../streams/topics.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { scoredArticle } from '../support/scored-article.ts'
import { articleOf } from './fixtures/sink-setup.ts'

const suffix = randomUUID().slice(0, 8)
const [A, B] = [`A-${suffix}`, `B-${suffix}`]
const HOUR = 3_600_000
const { config, kafka, logger } = testClients({
  CLICKHOUSE_DATABASE: `test_news_${suffix.replaceAll('-', '_')}`,
})
const news = { ...newsTopic, name: `test-news-${suffix}` }
const sentiment = { ...sentimentTopic, name: `test-sentiment-${suffix}` }
const duplicates = { ...newsDuplicatesTopic, name: `test-duplicates-${suffix}` }
const topics = [news, sentiment, duplicates]
const store = new ClickHouse(config)
const redis = createRedis(config, logger)
const stops: (() => Promise<void>)[] = []

const article = (hour: number, more: Partial<News> = {}): News => ({
  ...articleOf(A, hour),
  articleId: `${suffix}-${hour}`,
  publishedAtMs: hour * HOUR,
  availableAtMs: hour * HOUR,
  ...more,
})
const scored = (hour: number, more: Partial<Sentiment> = {}): Sentiment =>
  scoredArticle({
    instrument: A,
    articleId: `${suffix}-${hour}`,
    title: `Headline “${hour}”`,
    availableAtMs: hour * HOUR,
    ...more,
  })
/** Of ten articles: 3 repeats another, 5 waits, 7 is about two, 8 was scored twice, 9 names nobody. */
const ARTICLES = Array.from({ length: 10 }, (_, hour) =>
  article(hour, hour === 7 ? { instruments: [A, B] } : hour === 9 ? { instruments: [] } : {}),
)
const SCORED: Sentiment[] = [0, 1, 2, 4, 6, 7, 8, 9].map((hour) => scored(hour))
SCORED.push(scored(7, { instrument: B }), scored(8, { score: -0.5, model: 'second' }))
const REPEATS: NewsDuplicate[] = [
  {
    instrument: A,
    articleId: `${suffix}-3`,
    duplicateOf: `${suffix}-2`,
    reason: 'title',
    availableAtMs: 3 * HOUR,
    title: 'Headline “3”',
    source: 'test',
    lineage: [{ topic: news.name, partition: 0, fromOffset: 3, toOffset: 3 }],
  },
]

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, [...topics, deadLettersTopic])
  await admin.disconnect()
  const codecs = await connectCodecs(config, [...topics, deadLettersTopic])
  const producer = createProducer(kafka)
  await producer.connect()
  const send = <Value>(topic: Topic<Value>, values: readonly Value[]) =>
    producer.send({
      topic: topic.name,
      messages: values.map((value) => ({
        key: topic.keyOf(value),
        value: codecs.of(topic).encode(value),
      })),
    })
  await send(news, ARTICLES)
  await send(sentiment, SCORED)
  await send(duplicates, REPEATS)
  await producer.disconnect()
  const options = { config, kafka, codecs, logger, topics }
  const clickhouseSink = await runClickHouseSink({ ...options, groupId: `test-ch-${suffix}` })
  stops.push(() => clickhouseSink.stop())
  const redisSink = await runRedisSink({ ...options, groupId: `test-redis-${suffix}` })
  stops.push(() => redisSink.stop())
  const all = ARTICLES.length + SCORED.length
  await until('the rows', () => clickhouseSink.stats().rowsTotal === all + REPEATS.length)
  await until('Redis', () => redisSink.stats().records === all)
  await until('the list', async () => (await redis.keys(`*${suffix}:recent`)).length > 0)
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
  const keys = await redis.keys(`candlewire:*${suffix}*`)
  if (keys.length > 0) await redis.del(...keys)
  await store.close()
  redis.disconnect()
})

const recent = (query: Partial<NewsQuery> = {}, clickhouse: Pick<ClickHouse, 'query'> = store) =>
  new StoredNews(clickhouse, redis, logger).recent({
    afterMs: -HOUR,
    untilMs: 9 * HOUR,
    limit: 50,
    ...query,
  })
const hours = ({ articles }: Awaited<ReturnType<typeof recent>>) =>
  articles.map(({ availableAtMs }) => availableAtMs / HOUR)

it('answers every article of a span once, newest first, without repeats', async () => {
  const all = await recent()
  expect(all.source).toBe('clickhouse')
  expect(hours(all)).toEqual([9, 8, 7, 6, 5, 4, 2, 1, 0])
  const [nine, eight, seven, , five] = all.articles
  expect(nine?.instruments).toEqual([A])
  expect(eight?.sentiment).toMatchObject({ score: -0.5, model: 'second' })
  expect([...(seven?.instruments ?? [])].sort()).toEqual([A, B].sort())
  expect(five?.sentiment).toBeNull()
  expect(seven).toMatchObject({
    articleId: `${suffix}-7`,
    title: 'Headline “7”',
    source: 'test',
    url: null,
    publishedAtMs: 7 * HOUR,
    sentiment: { positive: 0.7, negative: 0.1, neutral: 0.2, confidence: 0.7, model: 'fake' },
  })
})

it('keeps to the span, the limit and the instrument', async () => {
  expect(hours(await recent({ afterMs: 4 * HOUR, untilMs: 8 * HOUR }))).toEqual([8, 7, 6, 5])
  expect(hours(await recent({ limit: 2 }))).toEqual([9, 8])
  expect(hours(await recent({ instrument: B }))).toEqual([7])
  expect(hours(await recent({ instrument: 'nobody' }))).toEqual([])
})

it('answers from Redis what is scored there while ClickHouse is away', async () => {
  const away = { query: () => Promise.reject(new Error('away')) }
  const { articles, source } = await recent({ instrument: A }, away)
  expect(source).toBe('redis')
  expect(articles.map(({ availableAtMs }) => availableAtMs / HOUR)).toEqual([
    9, 8, 7, 6, 4, 2, 1, 0,
  ])
  expect(articles[1]?.sentiment).toMatchObject({ score: -0.5, model: 'second' })
})

it('pages through a span: every article once, in the order of the whole', async () => {
  const whole = await recent()
  const paged: number[] = []
  let after: NewsQuery['after']
  for (;;) {
    const page = await recent({ limit: 2, ...(after === undefined ? {} : { after }) })
    paged.push(...hours(page))
    const last = page.articles.at(-1)
    if (page.articles.length < 2 || last?.newsOffset === undefined) break
    after = { availableAtMs: last.availableAtMs, newsOffset: last.newsOffset }
  }
  expect(paged).toEqual(hours(whole))
})

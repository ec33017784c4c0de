/** Where articles come from when stores are away; the SQL itself is tested in test/integration. */
import type { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { createLogger } from '../streams/log.ts'
import { CandlewireError } from '../streams/errors.ts'
import { scoredArticle } from '../test/support/scored-article.ts'
import { StoredNews } from './news-archive.ts'

const logger = createLogger({ logLevel: 'silent' }, 'test')
const query = { afterMs: 0, untilMs: 100, limit: 2 }
const away = () => Promise.reject(new CandlewireError('STORE_FAILED', 'away'))

/** A Redis that answers the one command with these members. */
const redisWith = (answer: () => Promise<string[]>) =>
  ({ zrevrangebyscore: answer }) as unknown as Redis
const members = [
  {
    ...scoredArticle({ articleId: 'b', instrument: 'A', availableAtMs: 9, score: 0.1 }),
    offset: 1,
  },
  {
    ...scoredArticle({ articleId: 'b', instrument: 'A', availableAtMs: 9, score: 0.2 }),
    offset: 7,
  },
  { ...scoredArticle({ articleId: 'b', instrument: 'B', availableAtMs: 9 }), offset: 2 },
  { ...scoredArticle({ articleId: 'a', instrument: 'A', availableAtMs: 5 }), offset: 0 },
  { ...scoredArticle({ articleId: 'older', instrument: 'A', availableAtMs: 4 }), offset: 3 },
].map((member) => JSON.stringify(member))

it('takes ClickHouse while it answers, and Redis while it does not', async () => {
  let asked = 0
  const clickhouse = {
    query: () => {
      asked += 1
      return away()
    },
  }
  const news = new StoredNews(
    clickhouse,
    redisWith(() => Promise.resolve(members)),
    logger,
  )
  const { articles, source } = await news.recent(query)
  expect(source).toBe('redis')
  expect(articles.map(({ articleId, instruments }) => [articleId, instruments])).toEqual([
    ['b', ['A', 'B']],
    ['a', ['A']],
  ])
  // What does not answer is not asked again at once.
  await news.recent(query)
  expect(asked).toBe(1)
})

it('says so when neither answers', async () => {
  const news = new StoredNews({ query: away }, redisWith(away), logger)
  await expect(news.recent(query)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: 'Neither ClickHouse nor Redis answers: away',
  })
})

it('gives articles that are not scored yet as such', async () => {
  const row = { articleId: 'a', model: '', score: 0, positive: 0, negative: 0, neutral: 0 }
  const clickhouse = { query: <Row>() => Promise.resolve([row] as unknown as Row[]) }
  const news = new StoredNews(clickhouse, redisWith(away), logger)
  expect(await news.recent(query)).toMatchObject({
    source: 'clickhouse',
    articles: [{ articleId: 'a', sentiment: null }],
  })
})

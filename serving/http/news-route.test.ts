import { afterEach, expect, it } from 'vitest'
import { KNOWN, testApp, type TestApp } from '../../test/support/test-app.ts'
import { testVector } from '../../test/support/vectors.ts'
import { CandlewireError } from '../../streams/errors.ts'

const open: TestApp[] = []

async function setUp(...options: Parameters<typeof testApp>): Promise<TestApp> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup
}

afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close()
})

it('answers the newest articles with their sentiment, counted back from the newest bar', async () => {
  const sentiment = {
    positive: 0.1,
    negative: 0.7,
    neutral: 0.2,
    score: -0.6,
    confidence: 0.7,
    model: 'finbert',
  }
  const article = {
    articleId: 'a',
    title: 'Stocks fall',
    source: 'Wire',
    url: null,
    publishedAtMs: 1,
    availableAtMs: 2,
    instruments: [KNOWN],
  }
  const asked: object[] = []
  const { app, view } = await setUp({
    news: {
      recent: (query) => {
        asked.push(query)
        const articles = [
          { ...article, sentiment },
          { ...article, articleId: 'b', sentiment: null },
        ]
        return Promise.resolve({ articles, source: 'redis' })
      },
    },
  })
  view.addVector(testVector(KNOWN, 100))
  const recent = await app.inject(`/news/recent?limit=5&hours_back=2&instrument=${KNOWN}`)
  expect(recent.json()).toEqual({
    articles: [
      { ...article, sentiment: { label: 'negative', ...sentiment } },
      { ...article, articleId: 'b', sentiment: null },
    ],
    afterMs: 101 * 60_000 - 7_200_000,
    untilMs: 101 * 60_000,
    clock: 'newest bar',
    store: 'redis',
    complete: false,
    degraded: ['clickhouse'],
    next: null,
  })
  const { afterMs, untilMs } = recent.json<{ afterMs: number; untilMs: number }>()
  expect(asked).toEqual([{ limit: 5, afterMs, untilMs, instrument: KNOWN }])
  expect((await app.inject('/news/recent?until=1700000000000')).json()).toMatchObject({
    clock: 'request',
    untilMs: 1_700_000_000_000,
  })
  for (const bad of ['limit=0', 'limit=101', 'hours_back=0', 'hours_back=8785', 'hours_back=x'])
    expect((await app.inject(`/news/recent?${bad}`)).statusCode, bad).toBe(400)
  for (const bad of ['until=-1', 'instrument=%20', 'what=1'])
    expect((await app.inject(`/news/recent?${bad}`)).statusCode, bad).toBe(400)
})

it('answers 503 when neither store of news does', async () => {
  const { app } = await setUp({
    news: { recent: () => Promise.reject(new CandlewireError('STORE_FAILED', 'away')) },
  })
  expect((await app.inject('/news/recent')).statusCode).toBe(503)
})

it('pages through a span that stays as it was when the first page was asked for', async () => {
  const article = (n: number) => ({
    articleId: String(n),
    title: `Headline ${n}`,
    source: 'Wire',
    url: null,
    publishedAtMs: n,
    availableAtMs: 1_000 - n,
    instruments: [KNOWN],
    sentiment: null,
    newsOffset: n,
  })
  const asked: { untilMs: number; after?: object }[] = []
  const { app, view } = await setUp({
    news: {
      recent: (query) => {
        asked.push(query)
        const from = (query.after?.newsOffset ?? -1) + 1
        const articles = [0, 1, 2]
          .filter((n) => n >= from)
          .slice(0, query.limit)
          .map(article)
        return Promise.resolve({ articles, source: 'clickhouse' })
      },
    },
  })
  view.addVector(testVector(KNOWN, 100))
  const page = async (more = '') =>
    (await app.inject(`/news/recent?limit=2&hours_back=1${more}`)).json<{
      articles: { articleId: string }[]
      next: string | null
    }>()
  const first = await page()
  expect(first.articles.map(({ articleId }) => articleId)).toEqual(['0', '1'])
  view.addVector(testVector(KNOWN, 200))
  const second = await page(`&cursor=${first.next}`)
  expect(second).toMatchObject({ articles: [{ articleId: '2' }], next: null })
  expect(asked[1]).toMatchObject({
    untilMs: asked[0]?.untilMs,
    after: { availableAtMs: 999, newsOffset: 1 },
  })
  for (const cursor of ['abc', `${first.next}&instrument=${KNOWN}`, '%20'])
    expect(
      (await app.inject(`/news/recent?limit=2&hours_back=1&cursor=${cursor}`)).statusCode,
    ).toBe(400)
})

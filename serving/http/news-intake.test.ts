import { pino } from 'pino'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import { urlArticleId } from '../../streams/sources/article-id.ts'
import { testIntake, type TestIntake } from '../../test/support/test-intake.ts'
import { testVector } from '../../test/support/vectors.ts'
import { MarketView } from '../live/market-view.ts'
import fastify from 'fastify'
import type { AppDependencies, NewsIntake } from './dependencies.ts'
import { answerErrors, errorSchema } from './error-answers.ts'
import { newsIntakeRoute } from './news-intake-route.ts'
import { simulatorRoute } from './simulator-route.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)
let app: FastifyInstance | undefined
afterEach(() => app?.close())

async function setUp(overrides: Partial<NewsIntake> = {}, view = new MarketView()) {
  const intake: TestIntake = testIntake(overrides)
  app = fastify({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  })
  app.addSchema(errorSchema)
  answerErrors(app)
  const deps = { intake, view, logger: pino({ level: 'silent' }) } as unknown as AppDependencies
  newsIntakeRoute(app, deps)
  simulatorRoute(app, deps)
  await app.ready()
  const post = async (
    url: string,
    payload?: object | string,
    headers: Record<string, string> = {},
  ) => {
    const answer = await app?.inject({
      method: 'POST',
      url,
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    })
    const json = answer?.json<
      Record<string, unknown> & { error?: { code: string; message: string } }
    >()
    return { status: answer?.statusCode, json, error: json?.error, headers: answer?.headers }
  }
  return { intake, post }
}

describe('POST /api/news', () => {
  it('publishes an article with all it says', async () => {
    const { intake, post } = await setUp()
    const { status, json } = await post('/api/news', {
      title: ' Stocks\trally ',
      body: 'A text',
      source: 'Desk',
      url: 'https://www.a.example/1?utm_source=x',
      author: 'A. Writer',
      language: 'en-us',
      publishedAt: '2024-02-20T14:00:00Z',
      availableAt: T,
      instruments: ['A', 'B', 'A'],
    })
    const articleId = urlArticleId('https://a.example/1')
    expect([status, json]).toEqual([
      201,
      { articles: [{ articleId, availableAtMs: T, instruments: ['A', 'B'] }] },
    ])
    expect(intake.published).toEqual([
      {
        articleId,
        instruments: ['A', 'B'],
        title: 'Stocks rally',
        body: 'A text',
        source: 'Desk',
        url: 'https://www.a.example/1',
        author: 'A. Writer',
        language: 'en-US',
        publishedAtMs: T - 1_800_000,
        availableAtMs: T,
        recordedSentiment: null,
        provenance: 'http',
        sourceLine: null,
      },
    ])
  })

  it('takes arrival, default instrument and `http` where nothing is said', async () => {
    const { intake, post } = await setUp()
    const before = Date.now()
    expect(
      (await post('/api/news', [{ title: 'A' }, { title: 'B', url: null, body: '' }])).status,
    ).toBe(201)
    expect(intake.published).toMatchObject([
      { title: 'A', source: 'http', instruments: ['SPX500_USD'], language: null },
      { title: 'B', url: null, body: null },
    ])
    const [{ publishedAtMs = 0, availableAtMs = 0 } = {}] = intake.published
    expect([publishedAtMs >= before, availableAtMs]).toEqual([true, publishedAtMs])
  })

  it.each([
    [[{ title: 'A' }, {}], "body/1 must have required property 'title'"],
    [[{ title: 'A' }, { title: '' }], 'body/1/title must NOT have fewer than 1 characters'],
    [{ title: ' \n ' }, 'body/0/title is empty'],
    [{ title: 'x'.repeat(501) }, 'body/0/title must NOT have more than 500 characters'],
    [{ title: 5 }, 'body/0/title must be string'],
    [[{ title: 'A' }, { title: 'B', url: 'ftp://x' }], 'body/1/url is no http or https address'],
    [{ title: 'A', publishedAt: 'yesterday' }, 'body/0/publishedAt is no time'],
    [{ title: 'A', publishedAt: 12 }, 'body/0/publishedAt is no time'],
    [{ title: 'A', availableAt: '2999-01-01T00:00:00Z' }, 'body/0/availableAt is no time'],
    [{ title: 'A', availableAt: '2099-01-01T00:00:00Z' }, 'body/0/availableAt lies in the future'],
    [{ title: 'A', publishedAt: T, availableAt: T - 1 }, 'body/0/availableAt lies before'],
    [{ title: 'A', language: 'English, US' }, 'body/0/language is no BCP 47 tag'],
    [{ title: 'A', instruments: ['a b'] }, 'body/0/instruments/0 must match pattern'],
    [{ title: 'A', provenance: 'file' }, 'body/0 must NOT have additional properties: provenance'],
    [[], 'body must NOT have fewer than 1 items'],
    [Array.from({ length: 101 }, () => ({ title: 'A' })), 'body must NOT have more than 100 items'],
    ['{', 'JSON'],
    ['"text"', 'body must be array'],
  ])('says what is wrong and publishes nothing: %j', async (payload, message) => {
    const { intake, post } = await setUp()
    const { status, error } = await post('/api/news', payload)
    expect([status, error?.code]).toEqual([400, 'REQUEST_INVALID'])
    expect(error?.message).toContain(message)
    expect(intake.published).toEqual([])
  })

  it('refuses a body that is too large', async () => {
    const { post } = await setUp()
    const { status, error } = await post(
      '/api/news',
      Array.from({ length: 60 }, () => ({ title: 'A', body: 'x'.repeat(20_000) })),
    )
    expect([status, error?.code]).toEqual([413, 'REQUEST_INVALID'])
  })

  it('answers 503 with the reason while the broker is away', async () => {
    const publish = () =>
      Promise.reject(
        new CandlewireError('BROKER_FAILED', 'The broker does not answer: ECONNREFUSED'),
      )
    const { post } = await setUp({ publish })
    for (const url of ['/api/news', '/api/stream/custom']) {
      const { status, error, headers } = await post(url, { title: 'A' })
      expect([status, error?.code, headers?.['retry-after']]).toEqual([503, 'BROKER_FAILED', '1'])
      expect(error?.message).toContain('ECONNREFUSED')
    }
  })
})

describe('who may write', () => {
  it.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ host: 'evil.example', origin: 'http://evil.example' }],
    [{ host: '127.0.0.1.evil.example' }],
  ])('is no other site: %j', async (headers) => {
    const { intake, post } = await setUp()
    for (const url of ['/api/news', '/api/stream/positive'])
      expect(await post(url, { title: 'A' }, headers as Record<string, string>)).toMatchObject({
        status: 403,
        error: { code: 'NOT_ALLOWED' },
      })
    expect(intake.published).toEqual([])
  })

  it('is a program, and the page of this server', async () => {
    const { post } = await setUp()
    const page = {
      host: '127.0.0.1:8080',
      origin: 'http://127.0.0.1:8080',
      'sec-fetch-site': 'same-origin',
    }
    for (const headers of [{}, page, { host: 'localhost:8080' }, { host: '[::1]:8080' }])
      expect(
        (await post('/api/news', { title: 'A' }, headers as Record<string, string>)).status,
      ).toBe(201)
  })

  it('knows the token where there is one', async () => {
    const { post } = await setUp({ token: 's3cret', isLocal: false })
    for (const authorization of ['', 'Bearer wrong', 'Bearer s3cretx', 's3cret'])
      expect((await post('/api/news', { title: 'A' }, { authorization })).status).toBe(403)
    const answer = await post(
      '/api/news',
      { title: 'A' },
      { authorization: 'Bearer s3cret', host: 'news.example' },
    )
    expect(answer.status).toBe(201)
  })
})

describe('POST /api/stream', () => {
  it.each(['positive', 'negative', 'neutral'])(
    'makes up a %s article, another each time',
    async (tone) => {
      const { intake, post } = await setUp()
      const before = Date.now()
      for (let round = 0; round < 150; round += 1) {
        const { status, json } = await post(`/api/stream/${tone}`, round % 2 === 0 ? undefined : {})
        expect([status, json?.['clock']]).toEqual([201, 'now'])
      }
      expect(new Set(intake.published.map(({ title }) => title)).size).toBe(150)
      expect(new Set(intake.published.map(({ articleId }) => articleId)).size).toBe(150)
      for (const article of intake.published) {
        expect(article).toMatchObject({
          provenance: 'simulator',
          instruments: ['SPX500_USD'],
          recordedSentiment: null,
          language: 'en',
        })
        expect(article.title).not.toMatch(/[{}]/)
        expect(article.availableAtMs).toBeGreaterThanOrEqual(before)
      }
    },
  )

  it('gives the same article for the same time, seed, tone and instrument', async () => {
    const { intake, post } = await setUp()
    const request = { availableAt: '2026-01-05T14:30:00Z', instrument: 'X' }
    for (let round = 0; round < 2; round += 1) await post('/api/stream/positive', request)
    expect(intake.published[0]).toEqual(intake.published[1])
    expect(intake.published[0]).toMatchObject({
      availableAtMs: Date.UTC(2026, 0, 5, 14, 30),
      instruments: ['X'],
    })
    const other = await setUp({ simulationSeed: 2 })
    await other.post('/api/stream/positive', request)
    expect(other.intake.published[0]?.title).not.toBe(intake.published[0]?.title)
  })

  it('takes the words of a custom article', async () => {
    const { intake, post } = await setUp()
    const { status, json } = await post('/api/stream/custom', {
      title: 'Fed cuts\nrates',
      body: 'More.',
      instrument: 'X',
    })
    expect([status, json]).toMatchObject([
      201,
      { title: 'Fed cuts rates', source: 'simulator', instrument: 'X' },
    ])
    expect(intake.published).toMatchObject([
      { title: 'Fed cuts rates', body: 'More.', provenance: 'simulator' },
    ])
  })

  it('stands at the newest bar while a history is played', async () => {
    const view = new MarketView()
    const vector = testVector('X', T / 60_000)
    view.addVector(vector)
    const { post } = await setUp({}, view)
    const { json } = await post('/api/stream/neutral', { instrument: 'X' })
    expect(json).toMatchObject({ clock: 'newest bar', availableAtMs: vector.eventTimeMs })
  })

  it.each([
    ['custom', {}, 'body/title is missing'],
    ['custom', undefined, 'body/title is missing'],
    ['custom', { title: ' ' }, 'body/title is missing'],
    ['positive', { title: 'A' }, 'body/title is for custom articles'],
    ['positive', { body: 'A' }, 'body/body is for custom articles'],
    ['positive', { instrument: 'a b' }, 'body/instrument must match pattern'],
    ['positive', { availableAt: 'soon' }, 'body/availableAt is no time'],
    ['positive', { tone: 1 }, 'must NOT have additional properties: tone'],
    ['happy', {}, 'params/kind must be equal to one of the allowed values'],
  ])('says what is wrong with %s %j', async (kind, payload, message) => {
    const { intake, post } = await setUp()
    const { status, error } = await post(`/api/stream/${kind}`, payload)
    expect([status, error?.message]).toEqual([400, expect.stringContaining(message)])
    expect(intake.published).toEqual([])
  })
})

import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_MEMORY, type PollMemory } from '../polled/news-source.ts'
import type { WebAnswer } from '../web/web-client.ts'
import { parseGdeltAnswer } from './gdelt-answer.ts'
import { GdeltSource } from './gdelt-source.ts'
import { tagOfLanguage } from './language-names.ts'
import { RateGate } from './rate-gate.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)
const STEP = 15 * 60_000
const HOUR = 3_600_000
const time = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.000/g, '')
const article = (name: string, seenMs: number, more: object = {}) => ({
  url: `https://www.a.example/${name}`,
  url_mobile: '',
  title: `Stocks rally , ${name}`,
  seendate: time(seenMs),
  socialimage: '',
  domain: 'a.example',
  language: 'English',
  sourcecountry: 'United States',
  ...more,
})

let asked: URLSearchParams[]
let answers: (string | object | { status: number; retryAfter?: string })[]
beforeEach(() => {
  ;[asked, answers] = [[], []]
})
function poll(memory: PollMemory = NO_MEMORY) {
  const get = ({ url }: { url: string }): Promise<WebAnswer> => {
    asked.push(new URL(url).searchParams)
    const next = answers.shift() ?? {}
    const { status = 200, retryAfter } = next as { status?: number; retryAfter?: string }
    const body = Buffer.from(typeof next === 'string' ? next : JSON.stringify(next))
    return Promise.resolve({ status, url, body, header: () => retryAfter })
  }
  const settings = {
    name: 'us',
    query: 'stocks sourcelang:english',
    instruments: ['X'],
    pollSeconds: 900,
    backfillHours: 24,
  }
  const source = new GdeltSource(settings, {
    client: { get },
    gate: new RateGate(0),
    baseUrl: 'https://gdelt.example/api/v2/doc/doc',
    defaultInstrument: 'Y',
    now: () => T,
  })
  return source.poll(memory, new AbortController().signal)
}
const known = async (newestMs: number) => ({ ...(await poll()).memory, newestMs, polledAtMs: T })
const windows = () =>
  asked.map((parameters) => [parameters.get('startdatetime'), parameters.get('enddatetime')])

describe('GdeltSource', () => {
  it('asks back to the given hours at first, and makes articles', async () => {
    answers = [
      {
        articles: [article('one', T - 5 * HOUR), article('two', T - STEP, { language: 'Spanish' })],
      },
    ]
    const polled = await poll()
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      query: 'stocks sourcelang:english',
      mode: 'artlist',
      format: 'json',
      sort: 'dateasc',
      maxrecords: '250',
      startdatetime: '20240219143000',
      enddatetime: '20240220143000',
    })
    expect(polled.listed).toMatchObject([
      {
        news: {
          title: 'Stocks rally, one',
          source: 'a.example',
          url: 'https://www.a.example/one',
          language: 'en',
          instruments: ['X'],
          provenance: 'gdelt:us',
          publishedAtMs: T - 5 * HOUR,
          availableAtMs: T - 5 * HOUR,
        },
      },
      { news: { language: 'es', publishedAtMs: T - STEP, availableAtMs: T } },
    ])
    expect(polled.memory).toMatchObject({ newestMs: T - STEP, polledAtMs: T })
  })

  it('goes on an hour before the newest article known', async () => {
    const memory = await known(T - 2 * HOUR)
    asked = []
    await poll(memory)
    expect(windows()).toEqual([['20240220113000', '20240220143000']])
    asked = []
    await poll({ ...memory, addressSha256: 'of another query' })
    expect(windows()).toEqual([['20240219143000', '20240220143000']])
  })

  it('asks for page after page until one is not full', async () => {
    const page = (count: number, fromMs: number) => ({
      articles: Array.from({ length: count }, (_, n) =>
        article(`${fromMs}-${n}`, fromMs + (n < count / 2 ? 0 : STEP)),
      ),
    })
    answers = [page(250, T - 3 * HOUR), page(250, T - 2 * HOUR), page(3, T - HOUR)]
    const polled = await poll()
    expect(windows().map(([from]) => from)).toEqual([
      '20240219143000',
      '20240220114500',
      '20240220124500',
    ])
    expect([polled.listed.length, polled.cutOff]).toEqual([503, 0])
  })

  it('passes a quarter of an hour that holds more than an answer, and says so', async () => {
    const memory = await known(T - HOUR)
    const full = Array.from({ length: 250 }, (_, n) => article(String(n), T - 2 * HOUR))
    asked = []
    answers = [{ articles: full }, {}]
    expect((await poll(memory)).cutOff).toBe(1)
    expect(windows().map(([from]) => from)).toEqual(['20240220123000', '20240220124500'])
  })

  it('ends after a bounded number of pages', async () => {
    const full = {
      articles: Array.from({ length: 250 }, (_, n) => article(String(n), T - 30 * HOUR)),
    }
    answers = Array<object>(1_000).fill(full)
    await poll()
    expect(asked.length).toBe(20)
  })

  it('does not begin in the future after a wrong date', async () => {
    answers = [{ articles: [article('x', T + 48 * HOUR)] }]
    expect((await poll()).memory.newestMs).toBe(T)
  })

  it('recognises an article however it is linked', async () => {
    answers = [{ articles: [article('x', T), article('x?utm_source=y', T), article('z', T)] }]
    const { listed } = await poll()
    expect(new Set(listed.flatMap(({ keys }) => keys)).size).toBe(2)
  })

  it('reports an entry that is no article', async () => {
    answers = [{ articles: [article('x', T, { title: '' }), article('y', T), 7] }]
    expect((await poll()).listed).toMatchObject([
      { news: {} },
      { fault: { code: 'NEWS_INVALID' } },
      { fault: {} },
    ])
  })

  it('takes the wait that status 429 asks for', async () => {
    answers = [{ status: 429, retryAfter: '90' }]
    await expect(poll()).rejects.toMatchObject({ details: { status: 429, retryAfterMs: 90_000 } })
  })
})

describe('parseGdeltAnswer', () => {
  it.each(['{}', '', ' \n', '{"articles":[]}'])('takes %j as nothing found', (text) => {
    expect(parseGdeltAnswer(text)).toEqual({ articles: [], faulty: [], total: 0 })
  })

  it('mends JSON that is nearly right', () => {
    const text = JSON.stringify({ articles: [article('x', T)] }).replace(
      'Stocks',
      'Q\\&A \\\\ \t\u0001 \\u00e9 \\',
    )
    expect(parseGdeltAnswer(text).articles[0]?.title).toBe('Q\\&A \\ \u00e9 \\ rally, x')
  })

  it.each([
    ['Please limit requests to one every 5 seconds or contact x@gdelt.example', 60_000],
    ['<html><body><p>Your query was too short or too long.</p></body></html>', undefined],
    ['The specified phrase is too short.', undefined],
  ])('repeats what it says under status 200: %s', (text, retryAfterMs) => {
    const saying = () => {
      try {
        return parseGdeltAnswer(text)
      } catch (thrown) {
        return thrown
      }
    }
    expect(saying()).toMatchObject({
      code: 'NEWS_SOURCE_FAILED',
      message: expect.stringContaining('GDELT says: ') as string,
      details: retryAfterMs === undefined ? {} : { retryAfterMs },
    })
  })

  it.each(['{"articles":[{"url":"https://a', '{"articles":{}}'])('refuses %s', (text) => {
    expect(() => parseGdeltAnswer(text)).toThrow(/GDELT/)
  })
})

describe('RateGate', () => {
  it('lets one through at a time, with a pause, also after a failure', async () => {
    const gate = new RateGate(100)
    const { signal } = new AbortController()
    const times: number[] = []
    let inside = 0
    const work = async () => {
      inside += 1
      expect(inside).toBe(1)
      times.push(performance.now())
      await delay(20)
      inside -= 1
      if (times.length === 1) throw new Error('first')
    }
    const results = await Promise.allSettled([1, 2, 3].map(() => gate.pass(work, signal)))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    for (const gap of [1, 2].map((n) => (times[n] ?? 0) - (times[n - 1] ?? 0)))
      expect(gap).toBeGreaterThan(115)
  })

  it('turns away whoever was stopped while waiting', async () => {
    const gate = new RateGate(10)
    const stopping = new AbortController()
    const stopsIt = () => Promise.resolve(stopping.abort(new Error('stopped')))
    const results = await Promise.allSettled([
      gate.pass(stopsIt, stopping.signal),
      gate.pass(() => Promise.resolve('ran'), stopping.signal),
    ])
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: 'stopped' } },
    ])
  })
})

describe('tagOfLanguage', () => {
  it.each([
    ['English', 'en'],
    ['Spanish', 'es'],
    ['Chinese', 'zh'],
    ['Hebrew', 'he'],
    ['Norwegian', 'no'],
    ['Klingonese', undefined],
    ['', undefined],
  ])('%s', (name, tag) => expect(tagOfLanguage(name)).toBe(tag))
})

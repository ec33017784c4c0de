import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaultWebServer } from '../../../test/support/fault-web-server.ts'
import type { FeedSettings } from '../polled/news-source-settings.ts'
import { NO_MEMORY, type PollMemory } from '../polled/news-source.ts'
import { RobotsGate } from '../web/robots-gate.ts'
import { WebClient } from '../web/web-client.ts'
import { FeedSource } from './feed-source.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)
const server = new FaultWebServer()
let origin: string
let client: WebClient
beforeAll(async () => {
  origin = await server.listen()
  client = new WebClient({
    userAgent: 'test/1',
    privateHosts: new Set([server.host]),
    silenceMs: 500,
  })
})
afterAll(async () => {
  await client.close()
  await server.close()
})
beforeEach(() => server.answer('/robots.txt', { status: 404 }))

const item = (parts: Record<string, string>) =>
  `<item>${Object.entries(parts)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</item>`
const feed = (...items: string[]) => ({
  headers: {
    'content-type': 'application/rss+xml',
    etag: '"v1"',
    'last-modified': 'Tue, 20 Feb 2024 14:00:00 GMT',
  },
  body: `<rss version="2.0"><channel><title>W</title><link>${origin}/</link>${items.join('')}</channel></rss>`,
})
function poll(
  memory: PollMemory = { ...NO_MEMORY, polledAtMs: T },
  changes: Partial<FeedSettings> = {},
) {
  const settings = {
    name: 'wire',
    url: `${origin}/feed`,
    instruments: [],
    pollSeconds: 60,
    respectRobots: true,
    ...changes,
  }
  const source = new FeedSource(settings, {
    client,
    robots: new RobotsGate(client),
    defaultInstrument: 'SPX',
    now: () => T,
  })
  return source.poll(memory, new AbortController().signal)
}
const newsOf = async (...given: Parameters<typeof poll>) =>
  (await poll(...given)).listed.flatMap((entry) => ('news' in entry ? [entry.news] : []))

describe('FeedSource', () => {
  it('makes articles, oldest first, with links made absolute', async () => {
    server.answer(
      '/feed',
      feed(
        item({ title: 'Undated', link: '/3' }),
        item({ title: 'New', link: 'n/2?utm_source=x', pubDate: 'Tue, 20 Feb 2024 14:29:00 GMT' }),
        item({ title: 'Old', link: '/1', pubDate: 'Tue, 20 Feb 2024 14:00:00 GMT' }),
      ),
    )
    expect(await newsOf()).toMatchObject([
      {
        title: 'Old',
        url: `${origin}/1`,
        source: 'wire',
        provenance: 'feed:wire',
        instruments: ['SPX'],
      },
      { title: 'New', url: `${origin}/n/2`, publishedAtMs: T - 60_000, availableAtMs: T },
      { title: 'Undated', publishedAtMs: T, availableAtMs: T },
    ])
    expect(await newsOf(undefined, { instruments: ['A', 'B'], language: 'de' })).toMatchObject(
      Array(3).fill({ instruments: ['A', 'B'], language: 'de' }),
    )
  })

  it('asks with the validators of the last answer, and only of this address', async () => {
    server.answer('/feed', feed(item({ title: 'A', link: '/1' })))
    const { memory } = await poll()
    expect(memory).toMatchObject({
      etag: '"v1"',
      lastModified: 'Tue, 20 Feb 2024 14:00:00 GMT',
      polledAtMs: T,
    })
    server.answer('/feed', { status: 304, headers: { 'cache-control': 'max-age=120' } })
    expect(await poll(memory)).toEqual({
      notModified: true,
      listed: [],
      cutOff: 0,
      memory,
      freshMs: 120_000,
    })
    expect(server.askedFor('/feed').at(-1)?.headers).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': 'Tue, 20 Feb 2024 14:00:00 GMT',
    })
    server.answer('/moved', feed(item({ title: 'A', link: '/1' })))
    await poll(memory, { url: `${origin}/moved` })
    expect(server.askedFor('/moved').at(-1)?.headers['if-none-match']).toBeUndefined()
  })

  it('says how long the source stays fresh', async () => {
    server.answer('/feed', {
      ...feed('<ttl>10</ttl>'),
      headers: { 'cache-control': 'public, max-age=60' },
    })
    expect((await poll()).freshMs).toBe(600_000)
  })

  it.each([
    [429, '30', { status: 429, retryAfterMs: 30_000 }],
    [503, undefined, { status: 503 }],
    [404, undefined, { status: 404 }],
    [410, undefined, { status: 410 }],
  ])('reports status %i', async (status, retryAfter, details) => {
    server.answer('/feed', {
      status,
      headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    })
    await expect(poll()).rejects.toMatchObject({ code: 'NEWS_SOURCE_FAILED', details })
  })

  it('obeys robots.txt, also of where it is redirected, unless told not to', async () => {
    server.answer('/feed', { status: 302, headers: { location: '/closed' } })
    server.answer('/closed', feed(item({ title: 'A', link: '/1' })))
    server.answer('/robots.txt', { body: 'User-agent: *\nDisallow: /closed' })
    const before = server.askedFor('/closed').length
    await expect(poll()).rejects.toMatchObject({ code: 'NEWS_SOURCE_REFUSED' })
    expect(server.askedFor('/closed').length).toBe(before)
    expect((await newsOf(undefined, { respectRobots: false })).length).toBe(1)
  })

  it('recognises an item by its address or by its guid', async () => {
    server.answer(
      '/feed',
      feed(
        item({ title: 'A', link: '/1?utm_source=a', guid: 'g1' }),
        item({ title: 'A', link: `${origin}/1#0`, guid: 'g2' }),
        item({ title: 'A again', link: '/1-new-name', guid: 'g1' }),
        item({ title: 'B', link: `${origin}/`, guid: 'g3' }),
        item({ title: 'C', link: `${origin}/`, guid: 'g4' }),
        item({ title: 'D' }),
        item({ title: 'D' }),
        item({ title: 'E' }),
      ),
    )
    const { listed } = await poll()
    const produced = new Set<string>()
    const first = [...listed].reverse().filter(({ keys }) => {
      const known = keys.some((key) => produced.has(key))
      for (const key of keys) produced.add(key)
      return !known
    })
    expect(first.map((entry) => ('news' in entry ? entry.news.title : ''))).toEqual([
      'A',
      'B',
      'C',
      'D',
      'E',
    ])
  })

  it('keeps what is no article with its cause, and no password or token in records', async () => {
    server.answer(
      '/private',
      feed(
        item({ guid: 'https://a.example/?token=s3cret' }),
        item({ title: 'A', link: '/1?token=s3cret' }),
      ),
    )
    const url = `http://me:s3cret@${server.host}/private?token=s3cret`
    const polled = await poll(undefined, { url })
    expect(polled.listed).toMatchObject([
      { news: { title: 'A', url: `${origin}/1` } },
      { fault: { code: 'NEWS_INVALID', cause: 'the item has neither a headline nor a text' } },
    ])
    const kept = polled.listed.map((entry) => ('bytes' in entry ? entry.bytes.toString() : ''))
    expect(JSON.stringify(polled) + kept.join('')).not.toContain('s3cret')
    expect(kept.join('')).toContain('https://a.example/')
    server.answer('/private', { status: 500 })
    const thrown: unknown = await poll(undefined, { url }).catch((reason: unknown) => reason)
    expect(String(thrown)).toContain('answers 500')
    expect(String(thrown)).not.toContain('s3cret')
  })

  it('takes what a feed lists at the first poll as history where it is old', async () => {
    server.answer(
      '/feed',
      feed(
        item({ title: 'Young', link: '/2', pubDate: 'Tue, 20 Feb 2024 14:00:00 GMT' }),
        item({ title: 'Old', link: '/1', pubDate: 'Mon, 19 Feb 2024 14:30:00 GMT' }),
      ),
    )
    expect(await newsOf(NO_MEMORY)).toMatchObject([
      { title: 'Old', availableAtMs: T - 86_400_000 },
      { title: 'Young', availableAtMs: T },
    ])
  })
})

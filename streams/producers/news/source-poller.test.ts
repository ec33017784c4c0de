import { pino } from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SourceCursor } from '../../../schemas/generated.ts'
import { CandlewireError } from '../../errors.ts'
import { liveNews } from '../../sources/polled/live-article.ts'
import type { Listed, NewsSource, PollMemory } from '../../sources/polled/news-source.ts'
import { seenKey } from '../../sources/polled/seen-keys.ts'
import { SourcePoller, type Publication } from './source-poller.ts'

const POLL_MS = 60_000
const KEYS_KEPT = 20

/** The broker and the web, as plain data. */
let published: string[]
let deadLetters: string[]
let cursor: SourceCursor | undefined
let asked: PollMemory[]
let list: string[] | 'not modified' | Error
let nowMs: number
beforeEach(() => {
  ;[published, deadLetters, cursor, asked, list, nowMs] = [
    [],
    [],
    undefined,
    [],
    [],
    1_708_439_400_000,
  ]
})

const listed = (title: string): Listed => {
  const keys = [seenKey(title)]
  if (title.startsWith('bad'))
    return { keys, fault: { code: 'NEWS_INVALID', cause: title }, bytes: Buffer.from(title) }
  const article = {
    title,
    body: '',
    source: 's',
    url: undefined,
    author: undefined,
    language: undefined,
    publishedAtMs: undefined,
    instruments: ['X'],
    provenance: 'feed:s',
    guid: title,
  }
  return { keys, news: liveNews(article, { atMs: nowMs, isCatchUp: false }) }
}
const source: NewsSource = {
  name: 'feed:s',
  pollMs: POLL_MS,
  keysKept: KEYS_KEPT,
  poll: (memory) => {
    asked.push(memory)
    if (list instanceof Error) return Promise.reject(list)
    const notModified = list === 'not modified'
    return Promise.resolve({
      notModified,
      listed: list === 'not modified' ? [] : list.map(listed),
      cutOff: 0,
      memory: { ...memory, etag: `"${asked.length}"`, polledAtMs: nowMs },
      freshMs: undefined,
    })
  },
}
const keep = (publication: Publication): void => {
  published.push(...publication.news.map(({ title }) => title))
  deadLetters.push(...publication.deadLetters.map(({ cause }) => cause))
  cursor = publication.cursor
}
const started = (): SourcePoller => {
  const poller = new SourcePoller(source, pino({ level: 'silent' }), {
    now: () => nowMs,
    random: () => 0,
  })
  poller.restore(cursor)
  return poller
}
const { signal } = new AbortController()
const poll = (poller: SourcePoller) => poller.pollOnce((all) => Promise.resolve(keep(all)), signal)

describe('SourcePoller', () => {
  it('publishes every article once, however often and in whatever order it is listed', async () => {
    const poller = started()
    for (list of [['a', 'b'], ['b', 'a', 'b', 'c', 'c'], ['c'], ['a', 'd']]) await poll(poller)
    expect(published).toEqual(['a', 'b', 'c', 'd'])
    expect(poller.stats()).toMatchObject({
      state: 'answers',
      polls: 4,
      fetched: 10,
      new: 4,
      unchanged: 1,
      failed: 0,
    })
    expect(cursor).toMatchObject({ sourceId: 'news.v1|feed:s', produced: 4, eventTimeMs: nowMs })
  })

  it('goes on after a restart with what was committed', async () => {
    list = ['a', 'b']
    await poll(started())
    list = ['b', 'c']
    const second = started()
    await poll(second)
    expect(asked.at(-1)).toMatchObject({ etag: '"1"' })
    expect(published).toEqual(['a', 'b', 'c'])
    expect(cursor?.produced).toBe(3)
  })

  it.each([
    ['before', false],
    ['after', true],
  ])('neither loses nor doubles when it dies just %s the commit', async (_when, isCommitted) => {
    list = ['a', 'b']
    const dying = started().pollOnce((publication) => {
      if (isCommitted) keep(publication)
      return Promise.reject(new CandlewireError('BROKER_FAILED', 'gone'))
    }, signal)
    await expect(dying).rejects.toMatchObject({ code: 'BROKER_FAILED' })
    list = ['a', 'b', 'c']
    await poll(started())
    expect(published).toEqual(['a', 'b', 'c'])
  })

  it('commits nothing when nothing is new', async () => {
    const poller = started()
    list = ['a']
    await poll(poller)
    const before = cursor
    list = 'not modified'
    await poll(poller)
    list = ['a']
    await poll(poller)
    expect(cursor).toBe(before)
    expect(poller.stats()).toMatchObject({ unchanged: 2, notModified: 1 })
  })

  it('dead-letters what is no article once', async () => {
    const poller = started()
    list = ['a', 'bad one']
    await poll(poller)
    await poll(poller)
    await poll(started())
    expect([published, deadLetters]).toEqual([['a'], ['bad one']])
    expect(cursor).toMatchObject({ produced: 1, deadLettered: 1 })
  })

  it('waits its interval after success, and longer after each failure', async () => {
    const poller = started()
    expect(poller.dueInMs).toBe(0)
    await poll(poller)
    expect(poller.dueInMs).toBe(POLL_MS)
    list = new CandlewireError('NEWS_SOURCE_FAILED', 'a.example answers 503')
    const waits = []
    for (let round = 0; round < 4; round += 1) {
      nowMs += poller.dueInMs
      await poll(poller)
      waits.push(poller.dueInMs / POLL_MS)
    }
    expect(waits).toEqual([1, 2, 4, 8])
    expect(poller.stats()).toMatchObject({
      state: 'backs off',
      failed: 4,
      nextPollSeconds: 480,
      lastFailure: 'a.example answers 503',
    })
    list = new CandlewireError('NEWS_SOURCE_FAILED', 'slow down', {
      details: { retryAfterMs: 3_600_000 },
    })
    await poll(poller)
    expect(poller.dueInMs).toBe(3_600_000)
    list = ['a']
    await poll(poller)
    expect(poller.dueInMs).toBe(POLL_MS)
    expect(poller.stats().state).toBe('answers')
  })

  it('outlives failures that nobody thought of', async () => {
    const poller = started()
    list = new TypeError('undefined is not a function')
    await poll(poller)
    expect(poller.stats()).toMatchObject({ failed: 1, lastFailure: 'undefined is not a function' })
  })

  it('counts no failure when it is stopped while it asks', async () => {
    const stopping = new AbortController()
    const poller = started()
    list = new Error('aborted')
    stopping.abort()
    await poller.pollOnce(() => Promise.resolve(), stopping.signal)
    expect(poller.stats().failed).toBe(0)
  })

  it('keeps a bounded memory', async () => {
    const poller = started()
    for (let day = 0; day < 50; day += 1) {
      list = Array.from({ length: 10 }, (_, n) => `${day}-${n}`)
      await poll(poller)
    }
    expect(published.length).toBe(500)
    expect(cursor?.polling?.seenKeys.length).toBeLessThanOrEqual(8 * (KEYS_KEPT + 10))
  })
})

/** A feed as a source of news: conditional requests, robots.txt, and items to articles. */
import { createHash } from 'node:crypto'
import { CandlewireError } from '../../errors.ts'
import { canonicalUrl, urlIdentity } from '../canonical-url.ts'
import { liveNews, isCatchUp, type Arrival } from '../polled/live-article.ts'
import type { Listed, NewsSource, PollMemory, Polled } from '../polled/news-source.ts'
import type { FeedSettings } from '../polled/news-source-settings.ts'
import { seenKey } from '../polled/seen-keys.ts'
import { retryAfterMs } from '../http/retry-after.ts'
import { RETRY_AFTER_MS_MAX } from '../polled/poll-schedule.ts'
import { freshForMs } from '../web/cache-hints.ts'
import type { RobotsGate } from '../web/robots-gate.ts'
import type { WebAnswer, WebClient } from '../web/web-client.ts'
import { parseFeedDocument, type FeedDocument } from './feed-document.ts'
import type { FeedItem } from './feed-item.ts'
import { decodeText } from './text-encoding.ts'

/** Feeds have 10 to 500 KB. Reading 4 MiB takes about a second. */
const FEED_BYTES_MAX = 4 * 1024 * 1024
const ACCEPT =
  'application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1'
/** An item that is no article is kept up to this for the dead-letter topic. */
const FAULT_BYTES_MAX = 16 * 1024

export interface FeedDeps {
  readonly client: Pick<WebClient, 'get'>
  readonly robots: Pick<RobotsGate, 'check'>
  readonly defaultInstrument: string
  readonly now?: () => number
}

export class FeedSource implements NewsSource {
  readonly name: string
  readonly pollMs: number
  readonly keysKept = 256
  private readonly feed: FeedSettings
  private readonly deps: FeedDeps
  private readonly addressSha256: string

  constructor(feed: FeedSettings, deps: FeedDeps) {
    this.name = `feed:${feed.name}`
    this.pollMs = feed.pollSeconds * 1_000
    this.feed = feed
    this.deps = deps
    this.addressSha256 = createHash('sha256').update(feed.url).digest('hex')
  }

  async poll(memory: PollMemory, signal: AbortSignal): Promise<Polled> {
    const { now = Date.now } = this.deps
    const answer = await this.ask(memory, signal)
    const atMs = now()
    if (answer.status === 304)
      return {
        notModified: true,
        listed: [],
        cutOff: 0,
        memory: { ...memory, polledAtMs: atMs },
        freshMs: freshForMs(answer.header('cache-control')),
      }
    if (answer.status !== 200) throw refusedBy(answer, atMs)
    const text = decodeText(answer.body, answer.header('content-type'))
    const document = parseFeedDocument(text)
    const arrival = { atMs, isCatchUp: isCatchUp(memory.polledAtMs, atMs, this.pollMs) }
    const listed = this.articles(document, answer.url, arrival)
    return {
      notModified: false,
      listed,
      cutOff: document.itemsTotal - document.items.length,
      memory: {
        addressSha256: this.addressSha256,
        etag: answer.header('etag') ?? null,
        lastModified: answer.header('last-modified') ?? null,
        newestMs: Math.max(
          memory.newestMs,
          ...document.items.map((item) => item.publishedAtMs ?? 0),
        ),
        polledAtMs: atMs,
      },
      freshMs: longest(freshForMs(answer.header('cache-control')), document.ttlMs),
    }
  }

  private ask(memory: PollMemory, signal: AbortSignal): Promise<WebAnswer> {
    const { client, robots } = this.deps
    const { url, respectRobots } = this.feed
    // Validators of another address would hide what is new here.
    const { etag, lastModified } =
      memory.addressSha256 === this.addressSha256 ? memory : { etag: null, lastModified: null }
    return client.get({
      url,
      signal,
      bytesMax: FEED_BYTES_MAX,
      headers: {
        accept: ACCEPT,
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
      },
      ...(respectRobots ? { mayFetch: (hop: URL) => robots.check(hop, signal) } : {}),
    })
  }

  /** Oldest first; items without a date count as new. */
  private articles(document: FeedDocument, base: string, arrival: Arrival): Listed[] {
    const home = canonicalUrl(document.homeLink ?? '', base)
    return [...document.items]
      .reverse()
      .sort((a, b) => (a.publishedAtMs ?? Infinity) - (b.publishedAtMs ?? Infinity) || 0)
      .map((item) => this.article(item, { base, home }, arrival))
  }

  private article(
    item: FeedItem,
    { base, home }: { base: string; home: string | undefined },
    arrival: Arrival,
  ): Listed {
    const link = item.link === undefined ? undefined : canonicalUrl(item.link, base)
    // A link to the front page is on all items alike and is no address of an article.
    const url =
      link === home ||
      (link !== undefined && new URL(link).pathname === '/' && new URL(link).search === '')
        ? undefined
        : link
    const keys = keysOf(item, url)
    if (item.title === '' && item.body === '') {
      const cause = 'the item has neither a headline nor a text'
      // Addresses as they may be stored: without what lets somebody in.
      const guid = item.guid === undefined ? undefined : (canonicalUrl(item.guid) ?? item.guid)
      const bytes = Buffer.from(JSON.stringify({ ...item, link: url, guid }))
      return {
        keys,
        fault: { code: 'NEWS_INVALID', cause },
        bytes: bytes.subarray(0, FAULT_BYTES_MAX),
      }
    }
    const { instruments, language, name } = this.feed
    const news = liveNews(
      {
        ...item,
        url,
        source: item.publisher ?? name,
        language: language ?? item.language,
        instruments: instruments.length > 0 ? instruments : [this.deps.defaultInstrument],
        provenance: this.name,
      },
      arrival,
    )
    return { keys, news }
  }
}

/** By its address, or by what the feed calls it: publishers change the one and keep the other. */
function keysOf(item: FeedItem, url: string | undefined): string[] {
  const address = url === undefined ? undefined : urlIdentity(url)
  const guid = item.guid === undefined ? undefined : (urlIdentity(item.guid) ?? item.guid)
  const keys = [
    ...(address === undefined ? [] : [seenKey(`is|${address}`)]),
    ...(guid === undefined || guid === address ? [] : [seenKey(`is|${guid}`)]),
  ]
  if (keys.length > 0) return keys
  return [seenKey(`text|${item.publishedAtMs ?? ''}|${item.title}|${item.body}`)]
}

function refusedBy({ status, header, url }: WebAnswer, nowMs: number): CandlewireError {
  const waitMs = retryAfterMs(header('retry-after'), nowMs, RETRY_AFTER_MS_MAX)
  return new CandlewireError('NEWS_SOURCE_FAILED', `${new URL(url).host} answers ${status}`, {
    details: { status, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) },
  })
}

function longest(...values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/**
 * A query to the GDELT DOC 2.0 API as a source of news: article lists page by page, oldest first, from
 * a little before the newest one known.
 *
 * The API answers at most 250 articles, knows times in steps of 15 minutes, adds articles late, and
 * wants 5 seconds between requests of one reader.
 */
import { createHash } from 'node:crypto'
import { CandlewireError } from '../../errors.ts'
import { urlIdentity } from '../canonical-url.ts'
import { isCatchUp, liveNews, type Arrival } from '../polled/live-article.ts'
import type { Listed, NewsSource, PollMemory, Polled } from '../polled/news-source.ts'
import type { GdeltSettings } from '../polled/news-source-settings.ts'
import { seenKey } from '../polled/seen-keys.ts'
import { retryAfterMs } from '../http/retry-after.ts'
import { RETRY_AFTER_MS_MAX } from '../polled/poll-schedule.ts'
import type { WebClient } from '../web/web-client.ts'
import { parseGdeltAnswer, type GdeltAnswer, type GdeltArticle } from './gdelt-answer.ts'
import { tagOfLanguage } from './language-names.ts'
import type { RateGate } from './rate-gate.ts'

/** Between two requests to the API; it asks for 5 s. */
export const GDELT_PAUSE_MS = 5_500
const RECORDS_MAX = 250
const STEP_MS = 15 * 60_000
/** Articles appear in the index up to about this late. */
const OVERLAP_MS = 3_600_000
/** The API looks back three months. */
const LOOK_BACK_MS = 90 * 24 * 3_600_000
/** 5,000 articles a poll; a query that finds more is too wide to be news of something. */
const PAGES_MAX = 20
const ANSWER_BYTES_MAX = 2 * 1024 * 1024
const FAULT_BYTES_MAX = 16 * 1024

export interface GdeltDeps {
  readonly client: Pick<WebClient, 'get'>
  readonly gate: RateGate
  readonly baseUrl: string
  readonly defaultInstrument: string
  readonly now?: () => number
}

export class GdeltSource implements NewsSource {
  readonly name: string
  readonly pollMs: number
  readonly keysKept = 2_000
  private readonly settings: GdeltSettings
  private readonly deps: GdeltDeps
  private readonly addressSha256: string

  constructor(settings: GdeltSettings, deps: GdeltDeps) {
    this.name = `gdelt:${settings.name}`
    this.pollMs = settings.pollSeconds * 1_000
    this.settings = settings
    this.deps = deps
    this.addressSha256 = createHash('sha256').update(settings.query).digest('hex')
  }

  async poll(memory: PollMemory, signal: AbortSignal): Promise<Polled> {
    const { now = Date.now } = this.deps
    const toMs = now()
    const known = memory.addressSha256 === this.addressSha256 ? memory.newestMs : 0
    const firstMs =
      known === 0 ? toMs - this.settings.backfillHours * 3_600_000 : known - OVERLAP_MS
    const answers = await this.pages(Math.max(firstMs, toMs - LOOK_BACK_MS), toMs, signal)
    const atMs = now()
    const arrival = { atMs, isCatchUp: isCatchUp(memory.polledAtMs, atMs, this.pollMs) }
    const articles = answers.pages.flatMap((page) => page.articles)
    const faults = answers.pages.flatMap((page) => page.faulty)
    return {
      notModified: false,
      listed: [
        ...articles.map((article) => this.listed(article, arrival)),
        ...faults.map(listedFault),
      ],
      cutOff: answers.cutOff,
      memory: {
        addressSha256: this.addressSha256,
        etag: null,
        lastModified: null,
        // A date in the future must not make the next poll begin there.
        newestMs: Math.min(atMs, Math.max(known, ...articles.map(({ seenAtMs }) => seenAtMs))),
        polledAtMs: atMs,
      },
      freshMs: undefined,
    }
  }

  private async pages(
    firstMs: number,
    toMs: number,
    signal: AbortSignal,
  ): Promise<{ pages: GdeltAnswer[]; cutOff: number }> {
    const pages: GdeltAnswer[] = []
    let cutOff = 0
    for (let fromMs = firstMs; fromMs < toMs && pages.length < PAGES_MAX;) {
      const page = await this.deps.gate.pass(() => this.ask(fromMs, toMs, signal), signal)
      pages.push(page)
      if (page.total < RECORDS_MAX) return { pages, cutOff }
      const newestMs = Math.max(fromMs, ...page.articles.map(({ seenAtMs }) => seenAtMs))
      // More articles in one step than an answer holds: the rest of the step cannot be had.
      if (newestMs <= fromMs) cutOff += 1
      fromMs = newestMs <= fromMs ? fromMs + STEP_MS : newestMs
    }
    return { pages, cutOff }
  }

  private async ask(fromMs: number, toMs: number, signal: AbortSignal): Promise<GdeltAnswer> {
    const url = new URL(this.deps.baseUrl)
    const parameters = {
      query: this.settings.query,
      mode: 'artlist',
      format: 'json',
      sort: 'dateasc',
      maxrecords: String(RECORDS_MAX),
      startdatetime: gdeltTime(fromMs),
      enddatetime: gdeltTime(toMs),
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const { client, now = Date.now } = this.deps
    const answer = await client.get({ url: url.href, signal, bytesMax: ANSWER_BYTES_MAX })
    if (answer.status === 200) return parseGdeltAnswer(answer.body.toString('utf8'))
    const waitMs = retryAfterMs(answer.header('retry-after'), now(), RETRY_AFTER_MS_MAX)
    throw new CandlewireError('NEWS_SOURCE_FAILED', `GDELT answers ${answer.status}`, {
      details: { status: answer.status, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) },
    })
  }

  private listed(article: GdeltArticle, arrival: Arrival): Listed {
    const { url, title, domain, language, seenAtMs } = article
    const { instruments } = this.settings
    const news = liveNews(
      {
        title,
        body: '',
        source: domain === '' ? this.name : domain,
        url,
        author: undefined,
        language: tagOfLanguage(language),
        publishedAtMs: seenAtMs,
        instruments: instruments.length > 0 ? instruments : [this.deps.defaultInstrument],
        provenance: this.name,
        guid: url,
      },
      arrival,
    )
    return { keys: [seenKey(`is|${urlIdentity(url) ?? url}`)], news }
  }
}

function listedFault(entry: unknown): Listed {
  const bytes = Buffer.from(JSON.stringify(entry)).subarray(0, FAULT_BYTES_MAX)
  const cause = 'the entry lacks url, title or seendate'
  return {
    keys: [seenKey(`fault|${bytes.toString()}`)],
    fault: { code: 'NEWS_INVALID', cause },
    bytes,
  }
}

/** `20240220143000` */
const gdeltTime = (ms: number): string => new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)

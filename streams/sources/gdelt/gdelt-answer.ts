/**
 * Answers of the GDELT DOC 2.0 API in mode `artlist`, format `json`.
 *
 * Source: "GDELT DOC 2.0 API Debuts!" and later posts of blog.gdeltproject.org. The service answers
 * mistakes, and requests too close to each other, with a sentence of text or HTML under status 200, and
 * its JSON may hold escapes and control characters that JSON does not know.
 */
import { CandlewireError } from '../../errors.ts'
import { utcMs } from '../../time-text.ts'
import { plainText } from '../feeds/plain-text.ts'

export interface GdeltArticle {
  readonly url: string
  readonly title: string
  readonly domain: string
  /** In English, as `Spanish`. */
  readonly language: string
  /** When GDELT saw it; steps of 15 minutes. */
  readonly seenAtMs: number
}

export interface GdeltAnswer {
  readonly articles: readonly GdeltArticle[]
  /** Entries that are no article. */
  readonly faulty: readonly unknown[]
  readonly total: number
}

/** Asked for when it says that requests came too fast. */
const TOO_FAST = /limit requests|too many requests|rate limit/i
const TOO_FAST_MS = 60_000
const MESSAGE_LENGTH_MAX = 200

/** @throws CandlewireError NEWS_SOURCE_FAILED with the service's own words */
export function parseGdeltAnswer(text: string): GdeltAnswer {
  const trimmed = text.trim()
  // Nothing found is an empty object, and at times an empty body.
  if (trimmed === '') return { articles: [], faulty: [], total: 0 }
  if (!trimmed.startsWith('{')) throw spokenFault(trimmed)
  const { articles = [] } = readJson(trimmed) as { articles?: unknown }
  if (!Array.isArray(articles))
    throw new CandlewireError('NEWS_SOURCE_FAILED', 'GDELT: `articles` is not a list')
  const read = articles.map((entry: unknown) => ({ entry, article: articleOf(entry) }))
  return {
    articles: read.flatMap(({ article }) => (article === undefined ? [] : [article])),
    faulty: read.flatMap(({ entry, article }) => (article === undefined ? [entry] : [])),
    total: articles.length,
  }
}

function spokenFault(text: string): CandlewireError {
  const said = plainText(text).replace(/\s+/g, ' ').slice(0, MESSAGE_LENGTH_MAX)
  const details = TOO_FAST.test(said) ? { retryAfterMs: TOO_FAST_MS } : {}
  return new CandlewireError('NEWS_SOURCE_FAILED', `GDELT says: ${said}`, { details })
}

function readJson(text: string): object {
  try {
    return JSON.parse(text) as object
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
  }
  try {
    return JSON.parse(mended(text)) as object
  } catch (thrown) {
    throw new CandlewireError(
      'NEWS_SOURCE_FAILED',
      'GDELT: the answer is not JSON, or is cut off',
      {
        cause: thrown,
      },
    )
  }
}

/** Control characters become spaces, and a backslash that escapes nothing stands for itself. */
const mended = (text: string): string =>
  text
    .replace(/[\0-\x1F]/g, ' ')
    .replace(/\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|\\/g, (found, escape: string | undefined) =>
      escape === undefined ? '\\\\' : found,
    )

function articleOf(entry: unknown): GdeltArticle | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const of = (name: string): string => {
    const value = (entry as Record<string, unknown>)[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  const article = {
    url: of('url'),
    title: joined(plainText(of('title'))),
    domain: of('domain').toLowerCase(),
    language: of('language'),
    seenAtMs: seenAt(of('seendate')),
  }
  const isUsable = article.url !== '' && article.title !== '' && !Number.isNaN(article.seenAtMs)
  return isUsable ? article : undefined
}

/** GDELT sets spaces around every mark: `Stocks rally , dollar slips ; oil up 2 %`. */
const joined = (title: string): string =>
  title
    .replace(/\s+([,.;:!?%)\]\u2019])/g, '$1')
    .replace(/([([$\u2018])\s+/g, '$1')
    .replace(/(\w) ' (s|t|re|ve|ll|d|m)\b/gi, "$1'$2")

/** `20240220T143000Z` */
function seenAt(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return NaN
  const [, ...parts] = match.map(Number)
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = parts
  return utcMs(year, month, day, hour, minute, second)
}

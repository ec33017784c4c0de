/**
 * An article of a live source as a record: texts bounded, address and language canonical, and the
 * moment from which on it may be used.
 */
import type { News } from '../../../schemas/generated.ts'
import { urlArticleId } from '../article-id.ts'
import { articleIdOf } from '../article.ts'
import { canonicalUrl } from '../canonical-url.ts'

/** Headlines have about 100 characters; what is longer is a text without one. */
export const TITLE_LENGTH_MAX = 500
/** Some 3,000 words: far above what a model of sentiment reads, far below a Kafka message. */
export const BODY_LENGTH_MAX = 20_000
export const NAME_LENGTH_MAX = 200

/** The longest window of news features: what is younger than this when it arrives is news. */
const HISTORY_AGE_MS = 3_600_000

export interface LiveArticle {
  readonly title: string
  readonly body: string
  readonly source: string
  /** Absolute. */
  readonly url: string | undefined
  readonly author: string | undefined
  readonly language: string | undefined
  readonly publishedAtMs: number | undefined
  readonly instruments: readonly string[]
  readonly provenance: string
  /** Stands for the article where it has no address of its own; the same at every poll. */
  readonly guid: string | undefined
}

export interface Arrival {
  readonly atMs: number
  /** Whether the source was not polled for a while before, so that it lists what is history now. */
  readonly isCatchUp: boolean
}

/** @param article with a title, or a body to take one from */
export function liveNews(article: LiveArticle, arrival: Arrival): News {
  const { source, url: link, guid, instruments, provenance } = article
  const url = link === undefined ? undefined : canonicalUrl(link)
  const title = titleOf(article)
  const publishedAtMs = article.publishedAtMs ?? arrival.atMs
  const id =
    (url === undefined ? undefined : urlArticleId(url)) ??
    // Not the time of arrival: the id must be the same whenever the article is met.
    articleIdOf(provenance, article.publishedAtMs ?? 0, guid ?? title)
  return {
    articleId: id,
    instruments: [...instruments],
    title,
    body:
      article.body === '' || (article.title === '' && article.body === title)
        ? null
        : cut(article.body, BODY_LENGTH_MAX),
    source: cut(source, NAME_LENGTH_MAX),
    url: url ?? null,
    author: article.author === undefined ? null : cut(article.author, NAME_LENGTH_MAX),
    language: languageTag(article.language) ?? null,
    publishedAtMs,
    availableAtMs: availableAtMs(publishedAtMs, arrival),
    recordedSentiment: null,
    provenance,
    sourceLine: null,
  }
}

/**
 * Never before it was published, never before it could have been known: the arrival. Only what a source
 * lists after a pause, and what is older than every window of the features, is history and counts from
 * its publication: else the first poll would make a day of news arrive in one minute.
 */
export function availableAtMs(publishedAtMs: number, { atMs, isCatchUp }: Arrival): number {
  return isCatchUp && publishedAtMs < atMs - HISTORY_AGE_MS ? publishedAtMs : atMs
}

/** Whether the pause since the last poll is longer than a source that is polled ever makes. */
export function isCatchUp(polledAtMs: number, nowMs: number, pollMs: number): boolean {
  return nowMs - polledAtMs > Math.max(HISTORY_AGE_MS, 2 * pollMs)
}

/** A BCP 47 tag in its usual spelling; undefined for what is none. */
export function languageTag(text: string | undefined): string | undefined {
  const tag = (text ?? '').trim().replaceAll('_', '-')
  try {
    return tag === '' ? undefined : Intl.getCanonicalLocales(tag)[0]
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return undefined
  }
}

export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  // Not through the middle of a character.
  return text.slice(0, lengthMax).replace(/[\uD800-\uDBFF]$/, '')
}

/** RSS allows an item without a headline; its first line is one. */
function titleOf({ title, body }: Pick<LiveArticle, 'title' | 'body'>): string {
  const line = title === '' ? (body.split('\n', 1)[0] ?? '') : title.replaceAll('\n', ' ')
  return cut(line, TITLE_LENGTH_MAX)
}

/** An article that another program posts, to a record; or what is wrong with it, by field. */
import type { News } from '../../schemas/generated.ts'
import { urlArticleId } from './article-id.ts'
import { articleIdOf } from './article.ts'
import { canonicalUrl } from './canonical-url.ts'
import { tidy } from './feeds/plain-text.ts'
import { languageTag } from './polled/live-article.ts'
import { parseTimeMs } from '../time-text.ts'

export interface PostedArticle {
  readonly title: string
  readonly body?: string | null
  readonly source?: string
  readonly url?: string | null
  readonly author?: string | null
  readonly language?: string | null
  /** ISO 8601, or Unix ms. */
  readonly publishedAt?: string | number
  readonly availableAt?: string | number
  readonly instruments?: readonly string[]
}

export interface FieldFault {
  readonly field: keyof PostedArticle
  readonly cause: string
}

/** Clocks of two machines may be this far apart. */
const AHEAD_MS = 60_000

/** @param posted within the lengths its schema allows */
export function postedNews(
  posted: PostedArticle,
  { nowMs, defaultInstrument }: { nowMs: number; defaultInstrument: string },
): News | FieldFault {
  const title = tidy(posted.title).replaceAll('\n', ' ')
  if (title === '') return fault('title', 'is empty')
  const publishedAtMs = timeOf(posted.publishedAt) ?? nowMs
  if (Number.isNaN(publishedAtMs)) return fault('publishedAt', 'is no time: ISO 8601, or Unix ms')
  const given = timeOf(posted.availableAt)
  if (Number.isNaN(given)) return fault('availableAt', 'is no time: ISO 8601, or Unix ms')
  if (given !== undefined && given > nowMs + AHEAD_MS)
    return fault('availableAt', 'lies in the future: nothing can be used before it is there')
  if (given !== undefined && given < publishedAtMs)
    return fault('availableAt', 'lies before the publication')
  const url = textOf(posted.url) === null ? null : canonicalUrl(posted.url ?? '')
  if (url === undefined) return fault('url', 'is no http or https address')
  const language = textOf(posted.language) === null ? null : languageTag(posted.language ?? '')
  if (language === undefined) return fault('language', 'is no BCP 47 tag such as en or en-US')
  const source = textOf(posted.source) ?? 'http'
  const { instruments = [] } = posted
  return {
    articleId:
      (url === null ? undefined : urlArticleId(url)) ?? articleIdOf(source, publishedAtMs, title),
    instruments: instruments.length === 0 ? [defaultInstrument] : [...new Set(instruments)],
    title,
    body: textOf(posted.body),
    source,
    url,
    author: textOf(posted.author),
    language,
    publishedAtMs,
    availableAtMs: Math.min(given ?? nowMs, nowMs),
    recordedSentiment: null,
    provenance: 'http',
    sourceLine: null,
  }
}

const fault = (field: FieldFault['field'], cause: string): FieldFault => ({ field, cause })

function textOf(text: string | null | undefined): string | null {
  const tidied = tidy(text ?? '')
  return tidied === '' ? null : tidied
}

/** @returns NaN for what is no time of these centuries */
export function timeOf(time: string | number | undefined): number | undefined {
  if (time === undefined) return undefined
  const ms = Math.floor(typeof time === 'number' ? time : parseTimeMs(time))
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms : NaN
}

const EARLIEST_MS = Date.UTC(1990, 0, 1)
const LATEST_MS = Date.UTC(2100, 0, 1)

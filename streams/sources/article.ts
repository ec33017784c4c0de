/** The last step of every news layout: parts to an article, or to what is wrong with them. */
import { createHash } from 'node:crypto'
import type { News } from '../../schemas/generated.ts'
import { fault, type RowResult } from './layout.ts'

/** The model of the `finbert_*` columns. */
export const FINBERT = 'ProsusAI/finbert'

export interface ArticleParts {
  readonly publishedAtMs: number
  readonly title: string
  readonly source: string
  readonly url: string | null
  readonly author: string | null
  readonly language: string | null
  readonly body: string | null
  /** Positive, negative, neutral and their model; NaN is a text that is no number. */
  readonly recordedSentiment: News['recordedSentiment']
}

/** The same article of the same source always gets the same id, from whatever file it came. */
export const articleIdOf = (source: string, publishedAtMs: number, title: string): string =>
  createHash('sha256')
    .update(`${source}|${new Date(publishedAtMs).toISOString()}|${title}`)
    .digest('hex')

export function articleRow(instrument: string, line: number, parts: ArticleParts): RowResult<News> {
  const { title, source, url, author, language, body, recordedSentiment } = parts
  const publishedAtMs = Math.floor(parts.publishedAtMs)
  if (Number.isNaN(new Date(publishedAtMs).getTime()))
    return fault('NEWS_INVALID', 'the publication time cannot be read')
  if (title === '') return fault('NEWS_INVALID', 'the headline is empty')
  if (recordedSentiment !== null) {
    const shares = [
      recordedSentiment.positive,
      recordedSentiment.negative,
      recordedSentiment.neutral,
    ]
    if (!shares.every((share) => share >= 0 && share <= 1))
      return fault('NEWS_INVALID', 'a sentiment share is not within 0 and 1')
    const sum = shares.reduce((total, share) => total + share, 0)
    // Recorded outputs are rounded softmax values; more than this apart they are something else.
    if (Math.abs(sum - 1) > 0.02)
      return fault('NEWS_INVALID', `the sentiment shares add up to ${sum}`)
  }
  const value: News = {
    articleId: articleIdOf(source, publishedAtMs, title),
    instruments: [instrument],
    title,
    body,
    source,
    url,
    author,
    language,
    publishedAtMs,
    availableAtMs: publishedAtMs,
    recordedSentiment,
    provenance: 'file',
    sourceLine: line,
  }
  return { kind: 'value', value }
}

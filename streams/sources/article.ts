/** The last step of every news layout: parts to an article, or to what is wrong with them. */
import { createHash } from 'node:crypto'
import type { News } from '../../schemas/generated.ts'
import { fault, quoted, type RowResult } from './layout.ts'

/** The model of the `finbert_*` columns. */
export const FINBERT = 'ProsusAI/finbert'

export interface ArticleParts {
  readonly publishedAtMs: number
  /** From when on it may be used; null: from its publication. NaN is a text that is no time. */
  readonly availableAtMs: number | null
  /** Empty: the one the file is of. */
  readonly instruments: readonly string[]
  readonly title: string
  readonly source: string
  readonly url: string | null
  readonly author: string | null
  readonly language: string | null
  readonly body: string | null
  /** Positive, negative, neutral and their model; NaN is a text that is no number. */
  readonly recordedSentiment: News['recordedSentiment']
}

/** As the INSTRUMENT setting takes them. */
const INSTRUMENT = /^[A-Za-z0-9._:-]{1,64}$/

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
  const availableAtMs = Math.floor(parts.availableAtMs ?? publishedAtMs)
  if (Number.isNaN(new Date(availableAtMs).getTime()))
    return fault('NEWS_INVALID', 'the time from which on it may be used cannot be read')
  if (availableAtMs < publishedAtMs)
    return fault('NEWS_INVALID', 'it may be used before it was published')
  const wrongName = parts.instruments.find((name) => !INSTRUMENT.test(name))
  if (wrongName !== undefined)
    return fault('NEWS_INVALID', `the instrument ${quoted(wrongName)} is no name of one`)
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
    instruments: parts.instruments.length === 0 ? [instrument] : [...new Set(parts.instruments)],
    title,
    body,
    source,
    url,
    author,
    language,
    publishedAtMs,
    availableAtMs,
    recordedSentiment,
    provenance: 'file',
    sourceLine: line,
  }
  return { kind: 'value', value }
}

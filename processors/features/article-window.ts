/**
 * The articles of one instrument that can still enter a vector, and the news features at a moment.
 *
 * An article counts in the vectors of the hour that follows its availability: at event time t those
 * with availability in (t - 60 min, t]. Kept are all that are known and not yet out of that window,
 * those of the future included (news may be ahead of candles), in order of availability and offset.
 *
 * Invariant: what is kept depends on which articles were taken and on the newest event time, not on
 * the order of taking and passing; so a late article changes later vectors and nothing else.
 */
import type { Sentiment } from '../../schemas/generated.ts'
import { NEWS_WINDOW_MINUTES, SIGNAL_THRESHOLD } from './news-features.ts'

const NEWS_WINDOW_MS = NEWS_WINDOW_MINUTES * 60_000

/** Bytes of an article in memory and in a snapshot, beside its texts. */
const ARTICLE_BYTES = 200

export interface Article {
  readonly availableAtMs: number
  /** Offset in sentiment.v1. */
  readonly offset: number
  readonly articleId: string
  readonly positive: number
  readonly negative: number
  readonly neutral: number
  readonly headline: string
  readonly source: string
}

export interface ArticleWindow {
  /** Ascending by availability, then offset. */
  readonly articles: Article[]
  /** Event time of the newest vector; -Infinity before the first. */
  passedMs: number
  /** What the articles take, roughly. */
  heldBytes: number
}

export const noArticles = (): ArticleWindow => ({
  articles: [],
  passedMs: -Infinity,
  heldBytes: 0,
})

/** Takes an article, unless every vector that it could enter has passed. */
export function takeArticle(window: ArticleWindow, offset: number, sentiment: Sentiment): void {
  const { articles } = window
  if (isPast(sentiment.availableAtMs, window.passedMs)) return
  const { articleId, availableAtMs, positive, negative, neutral, title, source } = sentiment
  const article: Article = {
    availableAtMs,
    offset,
    articleId,
    positive,
    negative,
    neutral,
    headline: title,
    source,
  }
  let at = articles.length
  while (at > 0 && isBefore(article, articles[at - 1]!)) at -= 1
  articles.splice(at, 0, article)
  window.heldBytes += bytesOf(article)
}

/** Lets go of what no vector after `eventTimeMs` can count. */
export function passArticles(window: ArticleWindow, eventTimeMs: number): void {
  const { articles } = window
  window.passedMs = eventTimeMs
  let past = 0
  while (past < articles.length && isPast(articles[past]!.availableAtMs, eventTimeMs)) {
    window.heldBytes -= bytesOf(articles[past]!)
    past += 1
  }
  if (past > 0) articles.splice(0, past)
}

/** The news features at one event time; field names and definitions are those of the registry. */
export interface NewsValues {
  readonly avg_sentiment: number
  readonly quality_score: number
  readonly article_count: number
  readonly signal_strength: number
  readonly trading_signal: number
  readonly positive_prob: number
  readonly negative_prob: number
  readonly neutral_prob: number
  readonly signal_time: number
  readonly latest_headline: string | null
  readonly latest_source: string | null
}

/** @param eventTimeMs at or after the newest time passed. */
export function newsValues({ articles }: ArticleWindow, eventTimeMs: number): NewsValues {
  const from = firstAfter(articles, eventTimeMs - NEWS_WINDOW_MS)
  const to = firstAfter(articles, eventTimeMs)
  if (from === to) return withoutArticles(eventTimeMs)
  const counted = withoutRepeats(articles, from, to)
  let [positive, negative, neutral, quality] = [0, 0, 0, 0]
  for (const article of counted) {
    positive += article.positive
    negative += article.negative
    neutral += article.neutral
    quality += Math.max(article.positive, article.negative, article.neutral)
  }
  const count = counted.length
  const score = meanScore(counted)
  const latest = counted[count - 1]!
  return {
    avg_sentiment: score,
    quality_score: quality / count,
    article_count: count,
    signal_strength: Math.abs(score) * (quality / count),
    trading_signal: Number(score > SIGNAL_THRESHOLD) - Number(score < -SIGNAL_THRESHOLD),
    positive_prob: positive / count,
    negative_prob: negative / count,
    neutral_prob: neutral / count,
    signal_time: eventTimeMs,
    latest_headline: latest.headline,
    latest_source: latest.source,
  }
}

const withoutArticles = (eventTimeMs: number): NewsValues => ({
  avg_sentiment: 0,
  quality_score: 0,
  article_count: 0,
  signal_strength: 0,
  trading_signal: 0,
  positive_prob: 0,
  negative_prob: 0,
  neutral_prob: 1,
  signal_time: eventTimeMs,
  latest_headline: null,
  latest_source: null,
})

function meanScore(articles: readonly Article[]): number {
  let sum = 0
  for (const { positive, negative } of articles) sum += positive - negative
  // + 0 makes -0 the same bytes as 0.
  return sum / articles.length + 0
}

/** An article that was scored again counts once, as it was first scored. */
function withoutRepeats(articles: readonly Article[], from: number, to: number): Article[] {
  const first = new Map<string, Article>()
  for (let i = from; i < to; i++) {
    const article = articles[i]!
    const known = first.get(article.articleId)
    if (known === undefined || article.offset < known.offset) first.set(article.articleId, article)
  }
  const counted = articles.slice(from, to)
  return first.size === counted.length
    ? counted
    : counted.filter((article) => first.get(article.articleId) === article)
}

const isPast = (availableAtMs: number, eventTimeMs: number): boolean =>
  availableAtMs <= eventTimeMs - NEWS_WINDOW_MS

const isBefore = (a: Article, b: Article): boolean =>
  a.availableAtMs < b.availableAtMs || (a.availableAtMs === b.availableAtMs && a.offset < b.offset)

const bytesOf = ({ articleId, headline, source }: Article): number =>
  ARTICLE_BYTES + 2 * (articleId.length + headline.length + source.length)

/** Index of the first article that was available after `timeMs`. */
function firstAfter(articles: readonly Article[], timeMs: number): number {
  let [low, high] = [0, articles.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (articles[middle]!.availableAtMs <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

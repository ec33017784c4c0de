/** The newest scored articles, for the page: in order of availability, each once. */
import type { Sentiment } from '../../schemas/generated.ts'

/**
 * Some 3 MB. So many, because the news of a played history all come before its candles, and the page
 * shows those of the candle's time.
 */
export const ARTICLES_MAX = 5_000

export type RecentArticle = Pick<
  Sentiment,
  'articleId' | 'title' | 'source' | 'url' | 'score' | 'availableAtMs' | 'publishedAtMs'
>

export class RecentArticles {
  private readonly articles: RecentArticle[] = []
  private readonly known = new Set<string>()

  /** Availability of the newest; 0 without one. */
  get newestMs(): number {
    return this.articles.at(-1)?.availableAtMs ?? 0
  }

  /** Takes an article; one that is known, for another instrument or scored again, is left as it is. */
  add(scored: Sentiment): void {
    const { articleId, title, source, url, score, availableAtMs, publishedAtMs } = scored
    if (this.known.has(articleId)) return
    const article = { articleId, title, source, url, score, availableAtMs, publishedAtMs }
    const after = this.articles.findLastIndex((other) => other.availableAtMs <= availableAtMs)
    this.articles.splice(after + 1, 0, article)
    this.known.add(articleId)
    if (this.articles.length <= ARTICLES_MAX) return
    const oldest = this.articles.shift()
    if (oldest !== undefined) this.known.delete(oldest.articleId)
  }

  /** Those that were available at a time, newest first. */
  newest(untilMs: number, limit: number): readonly RecentArticle[] {
    const last = this.articles.findLastIndex((article) => article.availableAtMs <= untilMs)
    return this.articles.slice(Math.max(0, last + 1 - limit), last + 1).reverse()
  }
}

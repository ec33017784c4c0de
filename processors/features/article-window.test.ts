import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Sentiment } from '../../schemas/generated.ts'
import {
  newsValues,
  noArticles,
  passArticles,
  takeArticle,
  type ArticleWindow,
} from './article-window.ts'

const HOUR_MS = 3_600_000
const T = Date.UTC(2025, 0, 6, 15)

const article = (availableAtMs: number, changed: Partial<Sentiment> = {}): Sentiment => ({
  instrument: 'TEST',
  articleId: `id-${availableAtMs}`,
  availableAtMs,
  publishedAtMs: null,
  url: null,
  positive: 0.7,
  negative: 0.1,
  neutral: 0.2,
  score: 0.6,
  confidence: 0.7,
  title: `Headline of ${availableAtMs}`,
  source: 'Test',
  model: 'test',
  modelSha256: '',
  lineage: [],
  ...changed,
})

function windowOf(...articles: readonly Sentiment[]): ArticleWindow {
  const window = noArticles()
  articles.forEach((each, offset) => takeArticle(window, offset, each))
  return window
}

/** @returns rows of a golden file as objects. */
function golden(file: string): Record<string, string>[] {
  const text = readFileSync(join(import.meta.dirname, 'golden', file), 'utf8')
  const [head, ...lines] = text.trimEnd().split('\n')
  const names = head!.split(',')
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((field, i) => [names[i]!, field])),
  )
}

describe('article window', () => {
  it("agrees with pandas' time-based rolling windows (golden/SOURCE.md)", () => {
    const articles = golden('news-articles.csv').map((row) =>
      article(Number(row['available_at_ms']), {
        articleId: row['offset']!,
        positive: Number(row['positive']),
        negative: Number(row['negative']),
        neutral: Number(row['neutral']),
        title: row['headline']!,
        source: row['source']!,
      }),
    )
    const window = windowOf(...articles)
    const rows = golden('news.csv')
    expect(rows.length).toBeGreaterThan(100)
    for (const { event_time_ms: time, latest_offset: latest, ...expected } of rows) {
      const values = newsValues(window, Number(time))
      for (const [name, text] of Object.entries(expected)) {
        const [actual, wanted] = [values[name as keyof typeof values], Number(text)]
        expect(Math.abs(Number(actual) - wanted), `${name} at ${time}`).toBeLessThan(1e-12)
      }
      expect(values.latest_headline).toBe(latest === '' ? null : articles[Number(latest)]?.title)
      expect(values.latest_source).toBe(latest === '' ? null : articles[Number(latest)]?.source)
      expect(values.signal_time).toBe(Number(time))
      passArticles(window, Number(time))
    }
    expect(window).toMatchObject({ articles: [], heldBytes: 0 })
  })

  it('counts an article from its availability on and for less than an hour', () => {
    const window = windowOf(article(T))
    expect([T - 1, T, T + HOUR_MS - 1, T + HOUR_MS].map((t) => newsValues(window, t).article_count)) //
      .toEqual([0, 1, 1, 0])
  })

  it('says neutral, and nothing else, without an article', () => {
    expect(newsValues(noArticles(), T)).toEqual({
      avg_sentiment: 0,
      quality_score: 0,
      article_count: 0,
      signal_strength: 0,
      trading_signal: 0,
      positive_prob: 0,
      negative_prob: 0,
      neutral_prob: 1,
      signal_time: T,
      latest_headline: null,
      latest_source: null,
    })
  })

  it('takes the later offset of two articles of the same moment as the latest', () => {
    const window = noArticles()
    takeArticle(window, 9, article(T, { articleId: 'b', title: 'later' }))
    takeArticle(window, 4, article(T, { articleId: 'a', title: 'earlier' }))
    expect(newsValues(window, T).latest_headline).toBe('later')
  })

  it('counts an article that was scored again once, as it was first scored', () => {
    const again = article(T + 1, { articleId: `id-${T}`, positive: 0.1, negative: 0.8 })
    expect(newsValues(windowOf(article(T), again), T + 1)).toMatchObject({
      article_count: 1,
      positive_prob: 0.7,
    })
  })

  it('has no signal at a mean score of exactly 0.1', () => {
    const signal = (positive: number) =>
      newsValues(windowOf(article(T, { positive, negative: 0 })), T).trading_signal
    expect([signal(0.1), signal(0.1000001)]).toEqual([0, 1])
  })

  it('is the same in whatever order articles come and time passes', () => {
    const minutes = fc.integer({ min: 0, max: 300 })
    const articles = fc.array(fc.record({ minute: minutes, id: fc.integer({ min: 0, max: 8 }) }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(articles, fc.array(minutes, { maxLength: 10 }), (given, times) => {
        const passes = times.map((minute) => T + minute * 60_000).sort((a, b) => a - b)
        const sentiments = given.map(({ minute, id }) =>
          article(T + minute * 60_000, { articleId: `id-${id}` }),
        )
        const late = noArticles()
        for (const time of passes) passArticles(late, time)
        sentiments.forEach((each, offset) => takeArticle(late, offset, each))

        const early = windowOf(...sentiments)
        for (const time of passes) passArticles(early, time)

        const mixed = noArticles()
        const waiting = [...passes]
        sentiments.forEach((each, offset) => {
          takeArticle(mixed, offset, each)
          const time = waiting.shift()
          if (time !== undefined) passArticles(mixed, time)
        })
        for (const time of waiting) passArticles(mixed, time)
        expect(late).toEqual(early)
        expect(mixed).toEqual(early)
      }),
    )
  })
})

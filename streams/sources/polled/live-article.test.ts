import { describe, expect, it } from 'vitest'
import { articleIdOf } from '../article.ts'
import {
  availableAtMs,
  cut,
  isCatchUp,
  languageTag,
  liveNews,
  type LiveArticle,
} from './live-article.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)
const HOUR = 3_600_000
const live = { atMs: T, isCatchUp: false }
const ARTICLE: LiveArticle = {
  title: 'Stocks rally',
  body: 'A text',
  source: 'Wire',
  url: 'http://www.a.example/x/?utm_source=rss&token=s3cret',
  author: 'A. Writer',
  language: 'en-us',
  publishedAtMs: T - 60_000,
  instruments: ['X'],
  provenance: 'feed:wire',
  guid: 'g1',
}
const news = (changes: Partial<LiveArticle> = {}, arrival = live) =>
  liveNews({ ...ARTICLE, ...changes }, arrival)

describe('liveNews', () => {
  it('makes a record', () => {
    expect(news()).toEqual({
      articleId: news({ url: 'https://a.example/x', title: 'Other', provenance: 'feed:other' })
        .articleId,
      instruments: ['X'],
      title: 'Stocks rally',
      body: 'A text',
      source: 'Wire',
      url: 'http://www.a.example/x',
      author: 'A. Writer',
      language: 'en-US',
      publishedAtMs: T - 60_000,
      availableAtMs: T,
      recordedSentiment: null,
      provenance: 'feed:wire',
      sourceLine: null,
    })
  })

  it('gives an article without address an id that does not depend on when it is met', () => {
    const bare = { url: undefined, publishedAtMs: undefined }
    expect(news(bare).articleId).toBe(articleIdOf('feed:wire', 0, 'g1'))
    expect(news(bare, { ...live, atMs: T + HOUR }).articleId).toBe(news(bare).articleId)
    expect(news({ ...bare, guid: 'g2' }).articleId).not.toBe(news(bare).articleId)
    expect(news({ ...bare, guid: undefined }).articleId).toBe(
      articleIdOf('feed:wire', 0, 'Stocks rally'),
    )
  })

  it('takes the first line of a text for a missing headline', () => {
    expect(news({ title: '', body: 'First.\nSecond.' })).toMatchObject({
      title: 'First.',
      body: 'First.\nSecond.',
    })
    expect(news({ title: '', body: 'Only.' })).toMatchObject({ title: 'Only.', body: null })
    expect(news({ body: '' }).body).toBeNull()
    expect(news({ title: 'Two\nlines' }).title).toBe('Two lines')
  })

  it('bounds every text', () => {
    const long = 'x'.repeat(1_000_000)
    const record = news({
      title: long,
      body: long,
      source: long,
      author: long,
      url: `https://a.example/${long}`,
      language: long,
    })
    expect(JSON.stringify(record).length).toBeLessThan(25_000)
    expect(record).toMatchObject({ url: null, language: null })
    expect(cut('ab\u{1F600}', 3)).toBe('ab')
  })

  it('keeps a date of the future, but is available when it arrives', () => {
    expect(news({ publishedAtMs: T + HOUR })).toMatchObject({
      publishedAtMs: T + HOUR,
      availableAtMs: T,
    })
    expect(news({ publishedAtMs: undefined })).toMatchObject({ publishedAtMs: T, availableAtMs: T })
  })
})

describe('availableAtMs', () => {
  it('is the arrival, but for history after a pause', () => {
    expect(availableAtMs(T - 9 * HOUR, live)).toBe(T)
    expect(availableAtMs(T - 9 * HOUR, { ...live, isCatchUp: true })).toBe(T - 9 * HOUR)
    expect(availableAtMs(T - HOUR + 1, { ...live, isCatchUp: true })).toBe(T)
  })

  it('a pause is longer than an hour and than two intervals', () => {
    expect(isCatchUp(0, T, 60_000)).toBe(true)
    expect(isCatchUp(T - HOUR, T, 60_000)).toBe(false)
    expect(isCatchUp(T - HOUR - 1, T, 60_000)).toBe(true)
    expect(isCatchUp(T - 5 * HOUR, T, 3 * HOUR)).toBe(false)
  })
})

describe('languageTag', () => {
  it.each([
    ['en-us', 'en-US'],
    ['pt_BR', 'pt-BR'],
    [' DE ', 'de'],
    ['English, US', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (text, tag) => expect(languageTag(text)).toBe(tag))
})

import { deserialize, serialize } from 'node:v8'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { News } from '../../schemas/generated.ts'
import { readNewsFile } from '../../streams/sources/news-file.ts'
import { meet, noArticles, type SeenArticles } from './duplicates.ts'

type Article = Pick<News, 'articleId' | 'url' | 'title' | 'availableAtMs'>

const HOUR = 3_600_000
const T = Date.UTC(2024, 1, 20, 14, 30)
let ids = 0
const article = (title: string, hours = 0, url: string | null = null): Article => {
  ids += 1
  return { articleId: `id-${ids}`, url, title, availableAtMs: T + hours * HOUR }
}

/** What each article in turn is found to repeat: the number of the first one, and why. */
function judged(articles: readonly Article[], seen: SeenArticles = noArticles()): string[] {
  return articles.map((next) => {
    const found = meet(seen, 'X', next)
    if (found === undefined) return 'new'
    return `${found.reason} ${articles.findIndex(({ articleId }) => articleId === found.of)}`
  })
}

describe('what repeats an article', () => {
  it('is the same id, however far apart', () => {
    const first = article('Fed holds rates')
    expect(
      judged([first, { ...first, title: 'other', availableAtMs: T + 90 * 24 * HOUR }]),
    ).toEqual(['new', 'id 0'])
  })

  it('is the same address within a day, whatever the tracking and the headline', () => {
    const url = 'https://www.wire.example/markets/fed-holds'
    expect(
      judged([
        article('Fed holds rates', 0, url),
        article('Fed holds rates, stocks rise', 3, `${url}/?utm_source=feed`),
        article('Live: what the Fed does next', 30, url),
      ]),
    ).toEqual(['new', 'url 0', 'new'])
  })

  it('is not the front page of a publisher', () => {
    const url = 'https://wire.example/'
    expect(judged([article('Fed holds', 0, url), article('Oil falls', 0, url)])).toEqual([
      'new',
      'new',
    ])
  })

  it.each([
    [
      'case, punctuation and apostrophes',
      "Fed's Powell: No Rush, Stocks “Soar”",
      'feds powell no rush stocks soar',
    ],
    [
      'a label before',
      'Mosaic profit widely beats Wall Street',
      'UPDATE 3-Mosaic profit widely beats Wall Street',
    ],
    [
      'a publisher behind',
      'Investors flee to the safety of gold - Reuters',
      'Investors flee to the safety of gold',
    ],
  ])('is the same headline but for %s', (_, first, second) => {
    expect(judged([article(first), article(second, 5)])).toEqual(['new', 'title 0'])
    expect(judged([article(second), article(first, -5)])).toEqual(['new', 'title 0'])
  })

  // Pairs from real headlines, most of them with nine words of ten in common.
  it.each([
    ['Dow up 100 points', 'Dow up 200 points'],
    ['Dow Jones closes up 4.5 percent on jobs data', 'Dow Jones closes up 45 percent on jobs data'],
    [
      'Stocks rise after the Fed raises interest rates',
      'Stocks fall after the Fed raises interest rates',
    ],
    [
      'Fed will raise rates in June, Bullard says',
      'Fed will not raise rates in June, Bullard says',
    ],
    [
      "Fed's Bullard: economy doing well, oil not a drag",
      "Fed's Plosser: economy doing well, oil not a drag",
    ],
    [
      '5 Best Bear Market Stocks to Buy Now - Insider Monkey',
      '12 Best Bear Market Stocks to Buy Now - Insider Monkey',
    ],
    [
      'DIARY - S&P 500 Corporate Earnings for Tuesday, Jan 4, 2011',
      'DIARY - S&P 500 Corporate Earnings for Wednesday, Jan 5, 2011',
    ],
    [
      'REG - iShares S&P 500 - Net Asset Value(s)',
      'REG - iShares S&P EmrgMkts - Net Asset Value(s)',
    ],
    [
      'Higher One Announces Fourth Quarter Earnings Release Date and Conference Call',
      'Ryland Announces Fourth Quarter Earnings Release Date and Conference Call',
    ],
  ])('is not: %s / %s', (first, second) => {
    expect(judged([article(first), article(second)])).toEqual(['new', 'new'])
  })

  it('is a headline of the same day, not that of the next', () => {
    const title = 'Wall Street opens higher'
    expect(judged([article(title), article(title, 2), article(title, 23.9)])).toEqual([
      'new',
      'title 0',
      'new',
    ])
    const long = 'Wall Street opens higher after strong jobs data lifts hopes'
    expect(judged([article(long), article(long, 23.9), article(long, 24.1)])).toEqual([
      'new',
      'title 0',
      'new',
    ])
  })

  it('is nothing without words', () => {
    expect(judged([article('?!'), article('…')])).toEqual(['new', 'new'])
  })

  it('is judged for each instrument by itself', () => {
    const seen = noArticles()
    const one = article('Fed holds rates')
    expect(meet(seen, 'A', one)).toBeUndefined()
    expect(meet(seen, 'B', one)).toBeUndefined()
    expect(meet(seen, 'A', one)).toEqual({ reason: 'id', of: one.articleId })
  })
})

describe('the order of news.v1', () => {
  it('may go back in time: a second file repeats the first, years later in the topic', () => {
    const years = [0, 1, 2, 3].map((year) => article('Santa brings a rally', year * 365 * 24))
    const again = years.map(({ title, availableAtMs }, year) =>
      article(title, (availableAtMs - T) / HOUR + year),
    )
    expect(judged([...years, ...again])).toEqual([
      ...['new', 'new', 'new', 'new'],
      ...['title 0', 'title 1', 'title 2', 'title 3'],
    ])
  })

  it('decides which is the first, not the times', () => {
    const title = 'Oil prices fall as stocks pile up'
    expect(judged([article(title, 5), article(title, 0), article(title, -22)])).toEqual([
      'new',
      'title 0',
      'new',
    ])
  })

  it('gives the same from a snapshot at any place', () => {
    const some = fc.record({
      title: fc.constantFrom(
        'Dow up 100 points',
        'Dow up 200 points',
        'UPDATE 1-Oil falls as stocks pile up',
        'Oil falls as stocks pile up',
      ),
      hours: fc.integer({ min: -60, max: 60 }),
      url: fc.constantFrom(null, 'https://a.example/1', 'https://a.example/2'),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 40 }), fc.nat(40), (records, at) => {
        const articles = records.map(({ title, hours, url }) => article(title, hours, url))
        const whole = noArticles()
        const expected = articles.map((next) => meet(whole, 'X', next, 8))
        let seen = noArticles()
        const answers = articles.map((next, index) => {
          if (index === at) seen = deserialize(serialize(seen)) as SeenArticles
          return meet(seen, 'X', next, 8)
        })
        expect(answers).toEqual(expected)
        expect(seen).toEqual(whole)
        expect(seen.articles.size).toBeLessThanOrEqual(8)
      }),
    )
  })
})

it('forgets the oldest at its bound, with everything it was found by', () => {
  const seen = noArticles()
  const first = article('First of all headlines', 0, 'https://a.example/first')
  meet(seen, 'X', first, 100)
  for (let count = 0; count < 1_000; count += 1)
    meet(seen, 'X', article(`Headline ${count} - Wire`, 0, `https://a.example/${count}`), 100)
  expect(meet(seen, 'X', first, 100)).toBeUndefined()
  expect(seen.articles.size).toBe(100)
  expect([...seen.byKey.values()].flat().every((number) => seen.articles.has(number))).toBe(true)
})

it('fits into a snapshot when it is full', () => {
  const seen = noArticles()
  for (let count = 0; count < 31_000; count += 1) {
    const title = `US STOCKS-Headline number ${count} of a long series of them - Wire`
    const id = count.toString(16).padStart(64, '0')
    meet(seen, 'X', { ...article(title, 0, `https://a.example/${count}`), articleId: id })
  }
  expect(seen.articles.size).toBe(30_000)
  expect(serialize(seen).length).toBeLessThan(12 * 1024 * 1024)
})

const realData = process.env['CANDLEWIRE_TEST_DATA']
/** Counted by test/reference/duplicate_headlines.py (CPython 3.11), which searches all pairs. */
describe.skipIf(realData === undefined)('real headlines (CANDLEWIRE_TEST_DATA)', () => {
  it('finds what a plain search of all pairs finds, and every repeat of a file', async () => {
    const seen = noArticles()
    const count = async (name: string) => {
      const reasons: Record<string, number> = {}
      const path = join(realData ?? '', 'news', `${name}.csv.gz`)
      for await (const rows of readNewsFile({ path, instrument: 'X', format: 'auto' })) {
        for (const row of rows) {
          const reason =
            row.kind === 'news' ? (meet(seen, 'X', row.news)?.reason ?? 'new') : 'fault'
          reasons[reason] = (reasons[reason] ?? 0) + 1
        }
      }
      return reasons
    }
    expect(await count('headlines_2020-10_2025-04')).toEqual({ new: 13_308, title: 870 })
    expect(await count('reuters_us_market_2010-12_2011-04')).toEqual({ new: 11_664, title: 629 })
    expect(await count('headlines_2020-10_2025-04')).toEqual({ id: 14_178 })
  })
})

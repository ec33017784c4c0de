import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readNewsFile, type NewsRow } from './news-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'news-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(path: string) {
  const rows: NewsRow[] = []
  for await (const batch of readNewsFile({ path, instrument: 'X_USD', format: 'auto' }))
    rows.push(...batch)
  const news = rows.flatMap((row) => (row.kind === 'news' ? [row.news] : []))
  const faults = rows.flatMap((row) =>
    row.kind === 'fault' ? [[row.line, row.code, row.cause]] : [],
  )
  return { rows, news, faults }
}
let files = 0
function readText(text: string) {
  files += 1
  const path = join(folder, `input-${files}`)
  writeFileSync(path, text)
  return read(path)
}

const T = Date.UTC(2024, 1, 20, 14, 30)
const idOf = (text: string) => createHash('sha256').update(text).digest('hex')

describe('news files', () => {
  it('reads a full row', async () => {
    const { rows } = await readText(
      'published_at,headline,source,url,author,language,body,finbert_positive,finbert_negative,finbert_neutral\n' +
        '2024-02-20T14:30:00Z,"Stocks ""soar"", again",Wire,http://a.example/1,A. Writer,en,"Two\nlines",0.7,0.1,0.2\n',
    )
    expect(rows).toEqual([
      {
        kind: 'news',
        line: 2,
        news: {
          articleId: idOf('Wire|2024-02-20T14:30:00.000Z|Stocks "soar", again'),
          instruments: ['X_USD'],
          title: 'Stocks "soar", again',
          body: 'Two\nlines',
          source: 'Wire',
          url: 'http://a.example/1',
          author: 'A. Writer',
          language: 'en',
          publishedAtMs: T,
          availableAtMs: T,
          recordedSentiment: {
            positive: 0.7,
            negative: 0.1,
            neutral: 0.2,
            model: 'ProsusAI/finbert',
          },
          provenance: 'file',
          sourceLine: 2,
        },
      },
    ])
  })

  it('reads the least there may be', async () => {
    const { news } = await readText('date,title\n2024-02-20 14:30,Calm\n')
    expect(news).toMatchObject([
      {
        title: 'Calm',
        source: 'file',
        body: null,
        url: null,
        recordedSentiment: null,
        publishedAtMs: T,
      },
    ])
  })

  it('reads JSON lines, own fields and those of the CSV layout', async () => {
    const { news, faults } = await readText(
      `{"title":"A","publishedAtMs":${T},"source":"s","recordedSentiment":{"positive":1,"negative":0,"neutral":0,"model":"m"}}\n` +
        '{"headline":"B","published_at":"2024-02-20T14:30:00Z","finbert_positive":0.5,"finbert_negative":0.25,"finbert_neutral":0.25}\n{"title":1}\n{\n',
    )
    expect(
      news.map(({ title, source, recordedSentiment }) => [title, source, recordedSentiment?.model]),
    ).toEqual([
      ['A', 's', 'm'],
      ['B', 'file', 'ProsusAI/finbert'],
    ])
    expect(faults.map(([line, code]) => [line, code])).toEqual([
      [3, 'ROW_UNREADABLE'],
      [4, 'ROW_UNREADABLE'],
    ])
  })

  it('reads JSON documents, the articles in an array or in `articles`', async () => {
    const articles = [
      {
        title: 'A',
        publishedAt: '2024-02-20T14:30:00Z',
        availableAt: T + 60_000,
        instruments: ['X', 'Y', 'X'],
      },
      { title: 'B', published_at: T, instrument: 'Z' },
      { title: 'C', publishedAtMs: T, url: 'https://a.example/"]}' },
    ]
    for (const document of [articles, { articles }]) {
      for (const indent of [undefined, 2]) {
        const { news, faults } = await readText(JSON.stringify(document, undefined, indent))
        expect(faults).toEqual([])
        expect(
          news.map(({ title, availableAtMs, instruments }) => [title, availableAtMs, instruments]),
        ).toEqual([
          ['A', T + 60_000, ['X', 'Y']],
          ['B', T, ['Z']],
          ['C', T, ['X_USD']],
        ])
      }
    }
  })

  it('reads when an article may be used, and what it is about', async () => {
    const { news, faults } = await readText(
      'published_at,available_at,title,instruments\n' +
        '2024-02-20T14:30:00Z,2024-02-20T14:31:00Z,A,X;Y\n' +
        '2024-02-20T14:30:00Z,,B,\n' +
        '2024-02-20T14:30:00Z,2024-02-20T14:29:00Z,C,\n' +
        '2024-02-20T14:30:00Z,later,D,\n' +
        '2024-02-20T14:30:00Z,,E,X/Y\n',
    )
    expect(news).toMatchObject([
      { title: 'A', publishedAtMs: T, availableAtMs: T + 60_000, instruments: ['X', 'Y'] },
      { title: 'B', availableAtMs: T, instruments: ['X_USD'] },
    ])
    expect(faults).toEqual([
      [4, 'NEWS_INVALID', 'it may be used before it was published'],
      [5, 'NEWS_INVALID', 'the time from which on it may be used cannot be read'],
      [6, 'NEWS_INVALID', 'the instrument "X/Y" is no name of one'],
    ])
  })

  it('names what is wrong with a row and goes on', async () => {
    const { news, faults } = await readText(
      'published_at,headline,source,finbert_positive,finbert_negative,finbert_neutral\n' +
        '2024-02-20T14:30:00Z,,s,,,\nyesterday,A,s,,,\n2024-02-20T14:30:00Z,B,s,0.5,,0.5\n2024-02-20T14:30:00Z,C,s,0.5,0.5,0.5\n' +
        '2024-02-20T14:30:00Z,D,s,2,0,-1\n2024-02-20T14:30:00Z,E\n2024-02-20T14:30:00Z,F,s,,,\n',
    )
    expect(news.map(({ title }) => title)).toEqual(['F'])
    expect(faults).toEqual([
      [2, 'NEWS_INVALID', 'the headline is empty'],
      [3, 'NEWS_INVALID', 'the publication time cannot be read'],
      [4, 'NEWS_INVALID', 'a sentiment share is not within 0 and 1'],
      [5, 'NEWS_INVALID', 'the sentiment shares add up to 1.5'],
      [6, 'NEWS_INVALID', 'a sentiment share is not within 0 and 1'],
      [7, 'ROW_UNREADABLE', '2 columns where the header has 6'],
    ])
  })

  it('loses only the line whose quote never closes', async () => {
    const row = (title: string) => `2024-02-20T14:30:00Z,${title}\n`
    const lines = Array.from({ length: 300 }, (_, index) =>
      index === 5 || index === 150
        ? row('"broken')
        : row(index % 3 === 0 ? `"q, ${index}"` : `t${index}`),
    )
    const { news, faults } = await readText('published_at,headline\n' + lines.join(''))
    expect(news.length).toBe(298)
    expect(faults).toEqual([
      [7, 'ROW_UNREADABLE', 'quotes do not match'],
      [152, 'ROW_UNREADABLE', 'quotes do not match'],
    ])
  })

  it('loses only the last line when its quote never closes', async () => {
    const { news, faults } = await readText(
      'published_at,headline\n2024-02-20T14:30:00Z,"open\n2024-02-20T14:30:00Z,fine\n',
    )
    expect(news.map(({ title }) => title)).toEqual(['fine'])
    expect(faults).toEqual([[2, 'ROW_UNREADABLE', 'quotes do not match']])
  })

  it('reads back what was written', async () => {
    const title = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => text.replace(/[\r\0\uFEFF]/g, '').trim())
      .filter((text) => text !== '')
    await fc.assert(
      fc.asyncProperty(fc.array(title, { maxLength: 30 }), async (titles) => {
        const lines = titles.map((text) => `"${text.replaceAll('"', '""')}",${T}\n`)
        expect(
          (await readText('title,timestamp\n' + lines.join(''))).news.map((news) => news.title),
        ).toEqual(titles)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses a file without times', async () => {
    await expect(readText('headline,label\nA,neutral\n')).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
    })
  })
})

const realData = process.env['CANDLEWIRE_TEST_DATA']
describe.skipIf(realData === undefined)('real files (CANDLEWIRE_TEST_DATA)', () => {
  it.each([
    ['headlines_2020-10_2025-04', 14_178, 9_377],
    ['reuters_us_market_2010-12_2011-04', 12_293, 0],
  ])('%s has %i articles, %i with recorded sentiment', async (name, count, scored) => {
    const { news, faults } = await read(join(realData ?? '', 'news', `${name}.csv.gz`))
    expect(faults).toEqual([])
    expect(news.length).toBe(count)
    expect(news.filter(({ recordedSentiment }) => recordedSentiment !== null).length).toBe(scored)
  })

  it('labelled headlines have no time and are refused as news', async () => {
    await expect(
      read(join(realData ?? '', 'news', 'sentfin_labelled_headlines.csv.gz')),
    ).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
  })
})

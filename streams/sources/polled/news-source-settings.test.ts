import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readNewsSourceSettings } from './news-source-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'news-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))
function read(content: unknown) {
  const path = join(folder, 'feeds.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return readNewsSourceSettings(path)
}
const FEED = { name: 'wire', url: 'https://a.example/rss' }

describe('readNewsSourceSettings', () => {
  it('completes what is left out', () => {
    expect(read({ feeds: [FEED], gdelt: [{ name: 'q', query: 'stocks' }] })).toEqual({
      feeds: [{ ...FEED, instruments: [], pollSeconds: 300, respectRobots: true }],
      gdelt: [{ name: 'q', query: 'stocks', instruments: [], pollSeconds: 900, backfillHours: 24 }],
    })
  })

  it('reads the example', () => {
    const path = join(import.meta.dirname, '../../../data/feeds.example.json')
    const { feeds, gdelt } = readNewsSourceSettings(path)
    expect([feeds.length > 0, gdelt.length > 0]).toEqual([true, true])
  })

  it.each([
    ['{', /is not JSON/],
    [
      { feeds: [{ ...FEED, url: 'ftp://me:secret@a.example' }] },
      /feeds\.0\.url: an address with http/,
    ],
    [{ feeds: [{ ...FEED, name: 'My Feed' }] }, /feeds\.0\.name: small letters/],
    [{ feeds: [{ ...FEED, pollSeconds: 1 }] }, /feeds\.0\.pollSeconds/],
    [{ feeds: [{ ...FEED, pollsecs: 60 }] }, /feeds\.0.*pollsecs/],
    [{ feeds: [{ ...FEED, instruments: ['a b'] }] }, /feeds\.0\.instruments\.0/],
    [{ feeds: [FEED, FEED] }, /the same name/],
    [[], /the file/],
  ])('names the place of a mistake: %j', (content, message) => {
    const wrong = () => read(content)
    expect(wrong).toThrow(message)
    expect(wrong).not.toThrow(/secret/)
  })

  it('names a file that is not there', () => {
    expect(() => readNewsSourceSettings(join(folder, 'none.json'))).toThrow(
      /NEWS_FEEDS_FILE .*ENOENT/,
    )
  })
})

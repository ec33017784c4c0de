import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { datasetNamed, monthsOf, readCatalogue, type Dataset } from './catalogue.ts'
import { lastWholeMonth, monthsFrom, withMonth } from './months.ts'

const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
afterAll(() => rmSync(folder, { recursive: true }))
const PROJECT = join(import.meta.dirname, '..', '..', 'data', 'datasets.json')
const NOW = Date.UTC(2026, 2, 15)

describe('the catalogue of the project', () => {
  it('has addresses that cannot change under it, or checksums', async () => {
    for (const { urls, checksumSuffix, name } of await readCatalogue(PROJECT))
      for (const url of urls)
        expect(/\/[0-9a-f]{40}\//.test(url) || checksumSuffix !== undefined, name).toBe(true)
  })

  it('has a file of its own for every month', async () => {
    for (const dataset of await readCatalogue(PROJECT)) {
      const months = monthsOf(dataset, {}, NOW)
      const files = months.map((month) => withMonth(dataset.file, month))
      expect(new Set(files).size).toBe(months.length)
      for (const url of dataset.urls)
        expect(new Set(months.map((month) => withMonth(url, month))).size).toBe(months.length)
      expect(JSON.stringify(files)).not.toMatch(/[{}]/)
    }
  })

  it('knows the 185 months of the S&P 500, as they are named there', async () => {
    const dataset = datasetNamed(await readCatalogue(PROJECT), 'oanda-spx500')
    expect(monthsOf(dataset, {}, NOW)).toHaveLength(185)
    expect(withMonth(dataset.urls[0] ?? '', '2005-01')).toMatch(
      /\/54d68623261cf717755f0d09ec6ad3b7bdc1f8ef\/.*\/2005\/oanda-SPX500_USD-2005-1\.csv$/,
    )
  })

  it('goes on with Binance until the last whole month', async () => {
    const dataset = datasetNamed(await readCatalogue(PROJECT), 'binance-btcusdt')
    expect(monthsOf(dataset, { from: '2025-12' }, NOW)).toEqual(['2025-12', '2026-01', '2026-02'])
    expect(withMonth(dataset.urls[0] ?? '', '2025-01')).toBe(
      'https://data.binance.vision/data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2025-01.zip',
    )
  })
})

describe('a catalogue', () => {
  const good: Dataset = {
    name: 'a-set',
    title: 'A set',
    instrument: 'X',
    format: 'csv',
    layout: 'any',
    home: 'https://example.com',
    terms: 'none',
    urls: ['https://example.com/{YYYY}-{MM}.csv'],
    file: '{YYYY}-{MM}.csv',
    from: '2024-01',
    bytesMax: 1,
    sha256: {},
  }
  const read = (dataset: object) => {
    const path = join(folder, 'catalogue.json')
    writeFileSync(path, JSON.stringify({ datasets: [dataset] }))
    return readCatalogue(path)
  }

  it('is read', async () => expect(await read(good)).toEqual([good]))

  it.each([
    [
      'an address without https',
      { urls: ['http://example.com/{YYYY}-{MM}'] },
      /datasets\.0\.urls\.0 is not an https/,
    ],
    ['an address without a month', { urls: ['https://example.com/'] }, /has no \{YYYY\}/],
    ['a file in another folder', { file: '../{YYYY}{MM}' }, /file is no file name/],
    ['a name that is a path', { name: '../x' }, /name/],
    ['a thirteenth month', { from: '2024-13' }, /is not a month/],
    ['an end before its begin', { to: '2023-12' }, /ends before it begins/],
    ['a field that is none', { extra: 1 }, /extra/],
    ['a digest that is none', { sha256: { '2024-01': 'abc' } }, /sha256/],
  ])('is refused with %s', async (_, wrong, message) => {
    await expect(read({ ...good, ...wrong })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(message) as string,
    })
  })

  it('is refused if it is no JSON or not there', async () => {
    writeFileSync(join(folder, 'text.json'), 'text')
    await expect(readCatalogue(join(folder, 'text.json'))).rejects.toThrow(/text\.json/)
    await expect(readCatalogue(join(folder, 'none.json'))).rejects.toThrow(/ENOENT/)
  })

  it('says which there are', () =>
    expect(() => datasetNamed([good], 'b')).toThrow(/no data set b; known: a-set/))

  it.each([
    [{ from: '2023-12' }, /has the months 2024-01 to 2026-02/],
    [{ to: '2026-03' }, /has the months 2024-01 to 2026-02/],
    [{ from: '2024-05', to: '2024-04' }, /after/],
    [{ from: '2024' }, /not a month/],
  ])('has no months %j', (range, message) =>
    expect(() => monthsOf(good, range, NOW)).toThrow(message),
  )
})

describe('months', () => {
  it('follow each other over years', () => {
    expect(monthsFrom('2023-11', '2024-02')).toEqual(['2023-11', '2023-12', '2024-01', '2024-02'])
    expect(monthsFrom('2024-02', '2024-01')).toEqual([])
  })

  it('are whole when they are over', () => {
    expect(lastWholeMonth(Date.UTC(2026, 0, 1))).toBe('2025-12')
    expect(lastWholeMonth(Date.UTC(2026, 1, 28, 23, 59))).toBe('2026-01')
  })
})

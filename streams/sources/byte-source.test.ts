import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { readBytes, readHead } from './byte-source.ts'
import { readCandleFile, type CandleRow } from './candle-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'byte-source-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function fileOf(content: Uint8Array): string {
  files += 1
  const path = join(folder, `input-${files}.zip`)
  writeFileSync(path, content)
  return path
}

async function read(content: Uint8Array): Promise<{ text: string; failure: unknown }> {
  const parts: Buffer[] = []
  let failure: unknown
  try {
    for await (const part of readBytes(fileOf(content))) parts.push(part)
  } catch (thrown) {
    failure = thrown
  }
  return { text: Buffer.concat(parts).toString(), failure }
}
const unreadable = (message: RegExp) =>
  expect.objectContaining({
    code: 'FILE_UNREADABLE',
    message: expect.stringMatching(message) as string,
  }) as unknown

const minute = 1_735_689_600_000_000
const kline = (index: number) =>
  `${minute + index * 60_000_000},93576.00,93610.93,93537.50,93610.93,8.21827,${minute + index * 60_000_000 + 59_999_999},768978.9,2631,3.9,368348.7,0\n`
const LONG = Array.from({ length: 20_000 }, (_, index) => kline(index)).join('')
const ENTRY = 'BTCUSDT-1m-2025-01.csv'

describe('a zip archive with one file', () => {
  it.each([
    ['deflated', 6],
    ['stored', 0],
  ] as const)('is read, %s', async (_, level) => {
    const zip = zipSync({ [ENTRY]: strToU8(LONG) }, { level })
    expect(await read(zip)).toEqual({ text: LONG, failure: undefined })
    expect((await readHead(fileOf(zip), 13)).toString()).toBe(String(minute).slice(0, 13))
  })

  it('may hold folders, what macOS adds, a comment, and nothing', async () => {
    const zip = zipSync({
      'a/': new Uint8Array(),
      'a/b.csv': strToU8('text'),
      '__MACOSX/b.csv': strToU8('x'),
    })
    expect((await read(zip)).text).toBe('text')
    const comment = Buffer.from('PK\x05\x06 is how an end begins')
    const end = Buffer.from(zip)
    end.writeUInt16LE(comment.length, end.length - 2)
    expect((await read(Buffer.concat([end, comment]))).text).toBe('text')
    expect(await read(zipSync({ 'b.csv': new Uint8Array() }))).toEqual({
      text: '',
      failure: undefined,
    })
  })

  it('gives Binance candles with times in µs', async () => {
    const rows: CandleRow[] = []
    const path = fileOf(zipSync({ [ENTRY]: strToU8(LONG) }))
    for await (const batch of readCandleFile({ path, instrument: 'BTCUSDT', format: 'auto' }))
      rows.push(...batch)
    expect(rows.length).toBe(20_000)
    expect(rows[1]).toMatchObject({
      kind: 'candle',
      line: 2,
      candle: {
        openTimeMs: minute / 1000 + 60_000,
        open: 93_576,
        close: 93_610.93,
        volume: 8.21827,
      },
    })
  })

  it('is refused if it is cut off, before anything is read of it', async () => {
    const zip = zipSync({ [ENTRY]: strToU8(LONG) })
    for (const length of [4, 100, zip.length - 30, zip.length - 1])
      expect(await read(zip.subarray(0, length))).toEqual({
        text: '',
        failure: unreadable(/cut off/),
      })
  })

  it('is told to be damaged where a bit has changed', async () => {
    const zip = Buffer.from(zipSync({ [ENTRY]: strToU8(LONG) }, { level: 0 }))
    zip[5_000] = (zip[5_000] as number) ^ 1
    expect((await read(zip)).failure).toEqual(unreadable(/BTCUSDT-1m-2025-01.csv.*damaged/))
    const packed = Buffer.from(zipSync({ [ENTRY]: strToU8(LONG) }))
    packed.fill(0xff, 5_000, 5_100)
    expect((await read(packed)).failure).toEqual(unreadable(/./))
  })

  it.each([
    ['several files', zipSync({ 'a.csv': strToU8('a'), 'b.csv': strToU8('b') }), /holds 2 files/],
    ['no file', zipSync({ 'a/': new Uint8Array() }), /holds 0 files/],
    [
      'a bomb',
      zipSync({ 'a.csv': new Uint8Array(64 * 1024 * 1024) }),
      /unpacks \d+ bytes to 67108864/,
    ],
    ['an encrypted file', flagged(8, 1), /encrypted/],
    ['another method', flagged(10, 12), /method 12/],
    ['zip64', flagged(20, 0xffff), /./],
  ])('is refused with its reason if it is %s', async (_, zip, message) => {
    expect((await read(zip)).failure).toEqual(unreadable(message))
  })

  it('does not unpack more than its directory says', async () => {
    const lie = zipSync({ 'a.csv': strToU8('x'.repeat(100_000)) })
    const at = centralOf(lie)
    Buffer.from(lie.buffer).writeUInt32LE(10, at + 24)
    const { text, failure } = await read(lie)
    expect(text.length).toBeLessThanOrEqual(10)
    expect(failure).toEqual(unreadable(/damaged/))
  })
})

function centralOf(zip: Uint8Array): number {
  return Buffer.from(zip.buffer, zip.byteOffset, zip.length).indexOf(Buffer.from('PK\x01\x02'))
}

/** An archive with another value in a field of its directory. */
function flagged(field: number, value: number): Uint8Array {
  const zip = Buffer.from(zipSync({ 'a.csv': strToU8('text') }))
  zip.writeUInt16LE(value, centralOf(zip) + field)
  return zip
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { readCandleFile, type CandleFormat, type CandleRow } from './candle-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'candle-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function fileOf(content: string | Buffer): string {
  files += 1
  const path = join(folder, `input-${files}`)
  writeFileSync(path, content)
  return path
}

async function read(path: string, format: CandleFormat = 'auto') {
  const rows: CandleRow[] = []
  let skipped = 0
  let thrown: unknown
  try {
    const batches = readCandleFile({
      path,
      instrument: 'X_USD',
      format,
      onSkipped: (count) => (skipped += count),
    })
    for await (const batch of batches) rows.push(...batch)
  } catch (error) {
    thrown = error
  }
  const candles = rows.flatMap((row) => (row.kind === 'candle' ? [row.candle] : []))
  const faults = rows.flatMap((row) =>
    row.kind === 'fault'
      ? [{ line: row.line, code: row.code, cause: row.cause, text: row.bytes.toString() }]
      : [],
  )
  return { rows, candles, faults, skipped, thrown }
}
const readText = (content: string | Buffer, format?: CandleFormat) => read(fileOf(content), format)

const T = Date.UTC(2024, 1, 20, 14, 30)
const candle = (more: Partial<Candle> = {}): Candle => ({
  instrument: 'X_USD',
  openTimeMs: T,
  open: 2,
  high: 4,
  low: 1,
  close: 3,
  volume: 5,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'file',
  sourceLine: 2,
  ...more,
})

describe('CSV with a header', () => {
  const header = 'timestamp,open,high,low,close,volume\n'

  it.each([
    ['plain', header + '2024-02-20T14:30:00Z,2,4,1,3,5\n'],
    ['no last line end', header + '2024-02-20T14:30:00Z,2,4,1,3,5'],
    ['CRLF', 'timestamp,open,high,low,close,volume\r\n2024-02-20T14:30:00Z,2,4,1,3,5\r\n'],
    ['byte order mark', '\uFEFF' + header + '2024-02-20T14:30:00Z,2,4,1,3,5\n'],
    [
      'quoted',
      '"timestamp","open","high","low","close","volume"\n"2024-02-20T14:30:00Z","2","4","1","3","5"\n',
    ],
    ['semicolons', 'Date;Open;High;Low;Close;Volume\n2024-02-20 14:30;2;4;1;3;5\n'],
    ['tabs', 'Time\tOpen\tHigh\tLow\tClose\tVol\n1708439400\t2\t4\t1\t3\t5\n'],
    [
      'date and time apart',
      '<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>\n2024.02.20,14:30:00,2,4,1,3,5\n',
    ],
    [
      'OANDA monthly column order',
      'time,close,high,low,open,volume\n2024-02-20T14:30:00.000000000Z,3,4,1,2,5\n',
    ],
    ['spaces', 'timestamp, open, high, low, close, volume\n2024-02-20 14:30:00 , 2, 4, 1, 3, 5\n'],
  ])('reads it %s', async (_, text) =>
    expect((await readText(text)).rows).toEqual([{ kind: 'candle', line: 2, candle: candle() }]),
  )

  it('reads gzip by content, several members too', async () => {
    const text = header + '2024-02-20T14:30:00Z,2,4,1,3,5\n'
    const joined = Buffer.concat([gzipSync(text.slice(0, 40)), gzipSync(text.slice(40))])
    expect((await readText(joined)).candles).toEqual([candle()])
  })

  it('reads quotes, and what is not there as null', async () => {
    const text =
      'ts,o,h,l,c,volume,bid_open,bid_close,ask_close,bid_size,ask_size\n2024-02-20T14:30Z,2,4,1,3,,2,2.9,3.1,7,nan\n'
    expect((await readText(text)).candles).toEqual([
      candle({ volume: null, bidClose: 2.9, askClose: 3.1, bidSize: 7 }),
    ])
  })

  it('goes on behind bad rows, each with line, code and cause', async () => {
    const good = (minute: number) => `2024-02-20T14:${minute}:00Z,2,4,1,3,5\n`
    const text =
      header +
      good(30) +
      '\nnonsense\n' +
      good(31) +
      ',2,4,1,3,5\n2024-02-20T14:32:00Z,2,4,1,x,5\n' +
      '2024-02-20T14:33:00Z,2,1,4,3,5\n2024-02-20T14:34:00Z,2,4,1,3,-5\n2024-02-20T14:34:30Z,2,4,1,3,5\n"2024,2,4,1,3,5\n' +
      header +
      good(35)
    const { candles, faults } = await readText(text)
    expect(candles.map(({ sourceLine }) => sourceLine)).toEqual([2, 5, 13])
    expect(faults.map(({ line, code }) => [line, code])).toEqual([
      [4, 'ROW_UNREADABLE'],
      [6, 'ROW_UNREADABLE'],
      [7, 'ROW_UNREADABLE'],
      [8, 'CANDLE_INVALID'],
      [9, 'CANDLE_INVALID'],
      [10, 'CANDLE_INVALID'],
      [11, 'ROW_UNREADABLE'],
      [12, 'ROW_UNREADABLE'],
    ])
    expect(faults[0]).toMatchObject({ cause: '1 columns where the header has 6', text: 'nonsense' })
  })

  it('refuses numbers that Number() takes', async () => {
    const bad = ['', ' ', '0x10', '0b1', 'Infinity', '1e999', '1,5', '1_0']
    const { faults, candles } = await readText(
      'timestamp;open;high;low;close\n' +
        bad.map((text) => `2024-02-20T14:30:00Z;${text};40;1;3\n`).join(''),
    )
    expect(candles).toEqual([])
    expect(faults.map(({ cause }) => cause)).toEqual(bad.map(() => 'open is not a number'))
  })

  it('makes a line beyond the bound a fault, in bounded memory', async () => {
    const text = header + 'x'.repeat(5_000_000) + '\n2024-02-20T14:30:00Z,2,4,1,3,5\n'
    const { candles, faults, rows } = await readText(text)
    expect(candles).toEqual([candle({ sourceLine: 3 })])
    expect(faults).toMatchObject([
      { line: 2, code: 'ROW_UNREADABLE', cause: 'longer than 16384 bytes' },
    ])
    expect(rows[0]?.kind === 'fault' && rows[0].bytes.length).toBe(16_384)
  })

  it('makes bytes that are not UTF-8 a fault', async () => {
    const { faults } = await readText(
      Buffer.concat([Buffer.from(header), Buffer.from([0x32, 0xff, 0x0a])]),
    )
    expect(faults).toMatchObject([{ line: 2, cause: 'not UTF-8' }])
  })

  it('reads back what was written, wherever the chunks are cut', async () => {
    const price = fc.double({ min: 0.01, max: 1e6, noNaN: true })
    const bar = fc.record({
      a: price,
      b: price,
      c: price,
      d: price,
      minutes: fc.integer({ min: 0, max: 40_000_000 }),
      volume: fc.option(fc.nat()),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(bar, { maxLength: 50 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (bars, end, isGzip) => {
          const candles = bars.map(({ a, b, c, d, minutes, volume }, index) =>
            candle({
              openTimeMs: minutes * 60_000,
              open: a,
              close: b,
              high: Math.max(a, b, c, d),
              low: Math.min(a, b, c, d),
              volume,
              sourceLine: index + 2,
            }),
          )
          const lines = candles.map((v) =>
            [
              v.low,
              new Date(v.openTimeMs).toISOString(),
              v.close,
              v.open,
              v.volume ?? '',
              v.high,
            ].join(','),
          )
          const text = ['low,time,close,open,volume,high', ...lines].join(end) + end
          const result = await readText(isGzip ? gzipSync(text) : text)
          expect(result.candles).toEqual(candles)
          expect(result.faults).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('other layouts', () => {
  const oanda = (time: string, more = '"mid":{"o":"2","h":"4","l":"1","c":"3"}') =>
    `{"complete":true,"volume":5,"time":"${time}",${more}}`
  const times = ['2024-02-20T14:30:00.000000000Z', '2024-02-20T14:31:00.000000000Z']
  const elements = times.map((time) => oanda(time))
  const two = (first: number) => [
    candle({ sourceLine: first }),
    candle({ openTimeMs: T + 60_000, sourceLine: first + 1 }),
  ]

  it('reads OANDA candles, a line each', async () =>
    expect((await readText(elements.join('\n'))).candles).toEqual(two(1)))

  it.each([
    ['on one line', `{"instrument":"X","granularity":"M1","candles":[${elements.join(',')}]}`],
    [
      'indented',
      JSON.stringify(
        JSON.parse(
          `{"note":"candles","tags":[[1]],"candles":[${elements.join(',')}],"after":[{"a":[1]}]}`,
        ),
        null,
        2,
      ),
    ],
    ['as an array', `[${elements.join(',\n')}]`],
    ['as two documents', elements.map((element) => `{"candles":[${element}]}`).join('\n')],
  ])('reads an OANDA document %s', async (_, text) => {
    const { candles, faults } = await readText(text)
    expect(candles).toEqual(two(1))
    expect(faults).toEqual([])
  })

  it('takes the middle of bid and ask, passes open candles over, finds the broken one', async () => {
    const both = oanda(
      times[0] ?? '',
      '"bid":{"o":"1","h":"3","l":"0.5","c":"2"},"ask":{"o":"3","h":"5","l":"1.5","c":"4"}',
    )
    const open = `{"complete":false,"volume":1,"time":"${times[1]}","mid":{"o":"2","h":"4","l":"1","c":"3"}}`
    const odd = '{"time":"\\"}]{","mid":{"o":"2"}}'
    const { candles, skipped, faults } = await readText(
      `{"candles":[${both},${odd},{"time":3 "x"},${open}]}`,
    )
    expect(candles).toEqual([candle({ bidClose: 2, askClose: 4, sourceLine: 1 })])
    expect(skipped).toBe(1)
    expect(faults.map(({ line, cause }) => [line, cause])).toEqual([
      [2, 'the time cannot be read'],
      [3, 'not JSON'],
    ])
  })

  it('reads histdata as New York time, before and after the change of clocks', async () => {
    const { candles, faults } = await readText(
      '20240220 093000;2;4;1;3;0\n20240708 093000;2;4;1;3;0\n20240310 023000;2;4;1;3;0\n20240220 093000;2;4;1\n',
    )
    expect(candles).toEqual([
      candle({ volume: 0, sourceLine: 1 }),
      candle({ volume: 0, sourceLine: 2, openTimeMs: Date.UTC(2024, 6, 8, 13, 30) }),
    ])
    expect(faults.map(({ line, cause }) => [line, cause])).toEqual([
      [3, 'the time cannot be read'],
      [4, 'not 6 columns'],
    ])
  })

  it.each([String(T), `${T}000`])('reads Binance klines with the epoch %s', async (time) => {
    const text = `${time},2,4,1,3,5,${T + 59_999},9,8,7,6,0\n`
    expect((await readText(text)).candles).toEqual([candle({ sourceLine: 1 })])
  })

  it('reads Binance klines with a header', async () => {
    const text = `open_time,open,high,low,close,volume,close_time\n${T},2,4,1,3,5,${T + 59_999}\n`
    expect((await readText(text, 'binance')).candles).toEqual([candle()])
  })

  it('reads the own fields, a line each', async () => {
    const rows = two(1).map((value) => ({ ...value, bidClose: 2.5 }))
    expect((await readText(rows.map((row) => JSON.stringify(row)).join('\n'))).candles).toEqual(
      rows,
    )
  })
})

describe('files that cannot be read', () => {
  it('says what the first line is and what is known', async () => {
    const { thrown } = await readText('a,b,c\n1,2,3\n')
    expect(thrown).toMatchObject({ code: 'FORMAT_UNKNOWN' })
    expect(String(thrown)).toMatch(/"a,b,c".*histdata.*Binance/)
  })

  it.each([
    ['empty', ''],
    ['UTF-16', Buffer.from('\uFEFFtimestamp', 'utf16le')],
    ['no numbers', 'hello\n'],
  ])('refuses one that is %s', async (_, content) =>
    expect((await readText(content)).thrown).toMatchObject({ code: 'FORMAT_UNKNOWN' }),
  )

  it.each(['/nowhere/at/all.csv', folder])('refuses %s', async (path) =>
    expect((await read(path)).thrown).toMatchObject({ code: 'FILE_UNREADABLE' }),
  )

  it('delivers what a cut gzip file still holds, then says that it is cut', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, index) => `${T + index * 60_000},2,4,1,3,${(index * 7919) % 10_007}\n`,
    )
    const whole = gzipSync('time,open,high,low,close,volume\n' + lines.join(''))
    const { candles, faults, thrown } = await readText(whole.subarray(0, whole.length / 2))
    expect(thrown).toMatchObject({ code: 'FILE_UNREADABLE' })
    expect(String(thrown)).toContain('cut off')
    expect(candles.length).toBeGreaterThan(5_000)
    expect(faults).toEqual([])
  })

  it('delivers what stands well before damage', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${T + index * 60_000},2,4,1,3\n`)
    const whole = gzipSync('time,open,high,low,close\n' + lines.join(''))
    whole[whole.length - 6] = (whole[whole.length - 6] ?? 0) ^ 0xff
    const { candles, thrown } = await readText(whole)
    expect(candles.length).toBeGreaterThan(10_000)
    expect(thrown).toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

const realData = process.env['CANDLEWIRE_TEST_DATA']
describe.skipIf(realData === undefined)('real files (CANDLEWIRE_TEST_DATA)', () => {
  it.each([
    ['spy_1min_2024-02_2025-04', 109_408],
    ['spy_1min_2011-01_2011-03', 31_757],
    ['es_1min_2025-07_2025-12', 105_825],
    ['xauusd_1min_quotes_2014-05', 15_222],
  ])('%s has %i candles and no fault', async (name, count) => {
    const { candles, faults } = await read(join(realData ?? '', 'candles', `${name}.csv.gz`))
    expect(faults).toEqual([])
    expect(candles.length).toBe(count)
    expect(candles.every(({ volume }) => (volume === null) === name.startsWith('es_'))).toBe(true)
  })
})

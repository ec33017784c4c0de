import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candleCsvLayout } from './candle-csv.ts'
import { candleJsonLayout } from './candle-json.ts'
import type { Layout } from './layout.ts'
import { newsCsvLayout } from './news-csv.ts'
import type { SourceRow } from './row-assembler.ts'
import { readRows } from './row-reader.ts'

/** The bytes in chunks of the given lengths, then the rest. */
async function* chunksOf(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const length of lengths) {
    if (length > 0) yield bytes.subarray(at, at + length)
    at += length
  }
  yield await Promise.resolve(bytes.subarray(at))
}

async function collect<Value>(
  batches: AsyncGenerator<SourceRow<Value>[]>,
): Promise<SourceRow<Value>[]> {
  const rows: SourceRow<Value>[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}

const csv =
  'timestamp,open,high,low,close\r\n\r\n' +
  [1, 2, 3, 4].map((minute) => `2024-02-20T14:0${minute}:00Z,2,4,1,3\r\n`).join('') +
  'bad\r\n' +
  '2024-02-20T14:09:00Z,2,4,1,3'
const document =
  '{"x":[{"candles":1}],"candles":[' +
  [1, 2, 3]
    .map(
      (minute) =>
        `{"time":"2024-02-20T14:0${minute}:00Z","complete":${minute !== 2},"mid":{"o":"2","h":"4","l":"1","c":"3"}}`,
    )
    .join(' ,\n') +
  '],"y":"}"}'
const news =
  'published_at,headline\n2024-02-20T14:00:00Z,"two\nlines, ""é"""\n2024-02-20T14:01:00Z,"broken\n2024-02-20T14:02:00Z,"c, d"\n2024-02-20T14:03:00Z,e\n'
const defined = <Value>(layout: Layout<Value> | undefined): Layout<unknown> => {
  if (layout === undefined) throw new Error('no layout')
  return layout
}
const inputs: [string, string, Layout<unknown>, string][] = [
  ['lines', csv, defined(candleCsvLayout('timestamp,open,high,low,close', 'X')), 'vvvvfv'],
  ['JSON elements', document, defined(candleJsonLayout('X', 'elements')), 'vsv'],
  ['CSV records over lines', news, defined(newsCsvLayout('published_at,headline', 'X')), 'vfvv'],
]

describe.each(inputs)('rows of %s', (_, text, layout, kinds) => {
  const bytes = Buffer.from(text)

  it('do not depend on where the chunks are cut', async () => {
    const whole = await collect(readRows(chunksOf(bytes, []), layout))
    expect(whole.map(({ kind }) => kind[0]).join('')).toBe(kinds)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
        async (lengths) => {
          expect(await collect(readRows(chunksOf(bytes, lengths), layout))).toEqual(whole)
        },
      ),
    )
  })

  it('go on from the place of any row as if never interrupted', async () => {
    const whole = await collect(readRows(chunksOf(bytes, []), layout))
    for (const [index, { place }] of whole.entries()) {
      const rest = chunksOf(bytes.subarray(place.bytesRead), [3, 5])
      expect(await collect(readRows(rest, layout, place))).toEqual(whole.slice(index + 1))
    }
  })
})

it('a line that grew after it was read as the last one is a fault, not a second row', async () => {
  const layout = defined(candleCsvLayout('timestamp,open,high,low,close', 'X'))
  const place = { bytesRead: csv.length, linesRead: 8 }
  const rest = (text: string) =>
    collect(readRows(chunksOf(Buffer.from(text), []), layout, place, true))
  const next = '2024-02-20T14:10:00Z,2,4,1,3\n'
  expect(await rest(`\r\n${next}`)).toMatchObject([{ kind: 'value', line: 9 }])
  expect(await rest(`.5\n${next}`)).toMatchObject([
    { kind: 'fault', line: 8, place: { linesRead: 8 } },
    { kind: 'value', line: 9 },
  ])
})

/** The two kinds of input files: which topic their rows go to, and how many rows there are. */
import { basename } from 'node:path'
import type { Candle, News } from '../../schemas/generated.ts'
import { readBytes } from '../sources/byte-source.ts'
import { candleLayoutOf, type CandleFormat } from '../sources/candle-file.ts'
import { SKIP, type Layout } from '../sources/layout.ts'
import { newsLayoutOf, type NewsFormat } from '../sources/news-file.ts'
import { readRows } from '../sources/row-reader.ts'
import { candlesTopic, newsTopic, type Topic } from '../topics.ts'

interface Input<Kind, Format> {
  readonly kind: Kind
  readonly path: string
  readonly instrument: string
  readonly format: Format
}
export type FileInput = Input<'candles', CandleFormat> | Input<'news', NewsFormat>

/** Names a file among all sources: what it goes into, whose rows they are, and its name. */
export const sourceIdOf = ({ kind, instrument, path }: FileInput): string =>
  `${(kind === 'candles' ? candlesTopic : newsTopic).name}|${instrument}|${basename(path)}`

/** A kind of input, with the type of its rows hidden: rows and topic always belong together. */
export interface FileKind {
  readonly topic: Topic<Candle> | Topic<News>
  readonly layout: Layout<Candle | News>
}

/** @throws CandlewireError FORMAT_UNKNOWN, FILE_UNREADABLE */
export async function fileKindOf(input: FileInput): Promise<FileKind> {
  const { kind, path, format, instrument } = input
  if (kind === 'candles')
    return { topic: candlesTopic, layout: await candleLayoutOf(path, format, instrument) }
  return { topic: newsTopic, layout: await newsLayoutOf(path, format, instrument) }
}

/**
 * Data rows of a file, good and bad ones, without header, blank lines and open candles.
 *
 * @throws CandlewireError FORMAT_UNKNOWN, FILE_UNREADABLE
 */
export async function countRows(input: FileInput): Promise<number> {
  const { layout } = await fileKindOf(input)
  const isLineARow = layout.continues === undefined && layout.skips === undefined
  const counted: Layout<unknown> = isLineARow ? { ...layout, parse: () => SKIP } : layout
  let rows = 0
  for await (const batch of readRows(readBytes(input.path), counted)) {
    rows += isLineARow ? batch.length : batch.filter(({ kind }) => kind !== 'skip').length
  }
  return rows
}

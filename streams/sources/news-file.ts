/** News files: CSV with a header, JSON lines or a JSON document, told apart by content. */
import type { News } from '../../schemas/generated.ts'
import type { ErrorCode } from '../errors.ts'
import { readBytes } from './byte-source.ts'
import { fileHead, unknownLayout, type FileHead } from './file-head.ts'
import type { Layout } from './layout.ts'
import { newsCsvLayout } from './news-csv.ts'
import { newsJsonLayout } from './news-json.ts'
import { readRows } from './row-reader.ts'

export const NEWS_FORMATS = ['auto', 'csv', 'ndjson', 'json'] as const
export type NewsFormat = (typeof NEWS_FORMATS)[number]

const KNOWN = [
  'CSV with a header naming published_at (or timestamp, date, time) and headline (or title)',
  'JSON lines with publishedAtMs and title',
  'a JSON document with such articles in an array, alone or as `articles`',
]

/** @throws CandlewireError FORMAT_UNKNOWN naming the first line and the known layouts, FILE_UNREADABLE */
export async function newsLayoutOf(
  path: string,
  format: NewsFormat,
  instrument: string,
): Promise<Layout<News>> {
  const head = await fileHead(path)
  const layout = layoutOf(head, format, instrument)
  if (layout === undefined) throw unknownLayout(head, format, KNOWN)
  return layout
}

function layoutOf(
  { firstLine, text }: FileHead,
  format: NewsFormat,
  instrument: string,
): Layout<News> | undefined {
  const isDocument = /^\s*(\[|\{\s*"articles"\s*:)/.test(text)
  const isJson = firstLine.trimStart().startsWith('{')
  if (format === 'json' || (format === 'auto' && isDocument))
    return newsJsonLayout(instrument, 'elements')
  if (format === 'ndjson' || (format === 'auto' && isJson))
    return newsJsonLayout(instrument, 'lines')
  return newsCsvLayout(firstLine, instrument)
}

export type NewsRow =
  | { readonly kind: 'news'; readonly line: number; readonly news: News }
  | {
      readonly kind: 'fault'
      readonly line: number
      readonly code: ErrorCode
      readonly cause: string
      readonly bytes: Buffer
    }

export interface NewsFileOptions {
  readonly path: string
  readonly instrument: string
  readonly format: NewsFormat
}

/**
 * The articles of a file in file order, in batches of about 1,000; bad rows as faults in their place.
 *
 * @throws CandlewireError FORMAT_UNKNOWN; FILE_UNREADABLE, after the rows that could be read
 */
export async function* readNewsFile(options: NewsFileOptions): AsyncGenerator<NewsRow[]> {
  const layout = await newsLayoutOf(options.path, options.format, options.instrument)
  for await (const batch of readRows(readBytes(options.path), layout)) {
    const rows: NewsRow[] = []
    for (const row of batch) {
      if (row.kind === 'value') rows.push({ kind: 'news', line: row.line, news: row.value })
      if (row.kind === 'fault')
        rows.push({ kind: 'fault', line: row.line, ...row.fault, bytes: row.bytes })
    }
    if (rows.length > 0) yield rows
  }
}

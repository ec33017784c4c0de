/**
 * Candle files: which layout one has is told by its content, never by its name.
 */
import type { Candle } from '../../schemas/generated.ts'
import type { ErrorCode } from '../errors.ts'
import { readBytes } from './byte-source.ts'
import { candleCsvLayout } from './candle-csv.ts'
import { histdataLayout, klinesLayout, looksLikeHistdata, looksLikeKlines } from './candle-fixed.ts'
import { candleJsonLayout } from './candle-json.ts'
import { fileHead, unknownLayout, type FileHead } from './file-head.ts'
import type { Layout } from './layout.ts'
import { readRows } from './row-reader.ts'

export const CANDLE_FORMATS = ['auto', 'csv', 'ndjson', 'oanda', 'histdata', 'binance'] as const
export type CandleFormat = (typeof CANDLE_FORMATS)[number]

const KNOWN = [
  'CSV with a header naming time, open, high, low, close (also OANDA monthly dumps)',
  'OANDA v20 JSON {"candles":[...]} or one candle a line',
  'histdata YYYYMMDD HHMMSS;open;high;low;close;volume',
  'Binance klines open_time,open,high,low,close,volume,...',
  'JSON lines with openTimeMs, open, high, low, close',
]

/** @throws CandlewireError FORMAT_UNKNOWN naming the first line and the known layouts, FILE_UNREADABLE */
export async function candleLayoutOf(
  path: string,
  format: CandleFormat,
  instrument: string,
): Promise<Layout<Candle>> {
  const head = await fileHead(path)
  const layout = layoutOf(head, format, instrument)
  if (layout === undefined) throw unknownLayout(head, format, KNOWN)
  return layout
}

function layoutOf(
  head: FileHead,
  format: CandleFormat,
  instrument: string,
): Layout<Candle> | undefined {
  switch (format) {
    case 'csv':
      return candleCsvLayout(head.firstLine, instrument)
    case 'ndjson':
      return candleJsonLayout(instrument, 'lines')
    case 'histdata':
      return histdataLayout(instrument)
    case 'binance':
      return looksLikeKlines(head.firstLine)
        ? klinesLayout(instrument)
        : candleCsvLayout(head.firstLine, instrument)
    case 'oanda':
      return jsonLayoutOf(head, instrument) ?? candleCsvLayout(head.firstLine, instrument)
    case 'auto':
      if (looksLikeHistdata(head.firstLine)) return histdataLayout(instrument)
      if (looksLikeKlines(head.firstLine)) return klinesLayout(instrument)
      return jsonLayoutOf(head, instrument) ?? candleCsvLayout(head.firstLine, instrument)
  }
}

/** A document holds its candles in an array; otherwise every line is a candle. */
function jsonLayoutOf(head: FileHead, instrument: string): Layout<Candle> | undefined {
  const start = head.firstLine.trimStart()
  if (start.startsWith('[') || (start.startsWith('{') && /"candles"\s*:/.test(head.text))) {
    return candleJsonLayout(instrument, 'elements')
  }
  const isCandleLine =
    start.startsWith('{') && /"(time|timestamp|openTimeMs)"\s*:/.test(head.firstLine)
  return isCandleLine ? candleJsonLayout(instrument, 'lines') : undefined
}

export type CandleRow =
  | { readonly kind: 'candle'; readonly line: number; readonly candle: Candle }
  | {
      readonly kind: 'fault'
      readonly line: number
      readonly code: ErrorCode
      readonly cause: string
      readonly bytes: Buffer
    }

export interface CandleFileOptions {
  readonly path: string
  readonly instrument: string
  readonly format: CandleFormat
  /** Told how many candles were passed over because they are still open (OANDA's `complete: false`). */
  readonly onSkipped?: (count: number) => void
}

/**
 * The candles of a file in file order, in batches of about 1,000; bad rows as faults in their place.
 * Lines count from 1, the header included; in a JSON document they are elements.
 *
 * @throws CandlewireError FORMAT_UNKNOWN; FILE_UNREADABLE, after the rows that could be read
 */
export async function* readCandleFile(options: CandleFileOptions): AsyncGenerator<CandleRow[]> {
  const layout = await candleLayoutOf(options.path, options.format, options.instrument)
  for await (const batch of readRows(readBytes(options.path), layout)) {
    const rows: CandleRow[] = []
    for (const row of batch) {
      if (row.kind === 'value') rows.push({ kind: 'candle', line: row.line, candle: row.value })
      if (row.kind === 'fault')
        rows.push({ kind: 'fault', line: row.line, ...row.fault, bytes: row.bytes })
    }
    if (rows.length < batch.length) options.onSkipped?.(batch.length - rows.length)
    if (rows.length > 0) yield rows
  }
}

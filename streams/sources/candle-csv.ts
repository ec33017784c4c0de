/**
 * Candles in CSV with a header, columns in any order: the generic layout, and OANDA's monthly dumps
 * (`time,close,high,low,open,volume`), whose column order only the header tells.
 */
import { type Candle } from '../../schemas/generated.ts'
import { splitCsv, delimiterOf, plainName } from './csv-fields.ts'
import { candleRow, type CandleParts } from './candle-row.ts'
import { fault, type Layout, type RowResult } from './layout.ts'
import { parseNumber, parseOptionalNumber } from './number-text.ts'
import { parseTimeMs } from './time-text.ts'

/** Longest line of candles: over 20 times the widest known layout. */
export const CANDLE_LINE_BYTES_MAX = 16_384

const NAMES: Record<string, readonly string[]> = {
  time: ['timestamp', 'time', 'datetime', 'date', 'date_time', 'open_time', 'opentime', 'open_time_ms', 'opentimems', 'ts'],
  open: ['open', 'o'],
  high: ['high', 'h'],
  low: ['low', 'l'],
  close: ['close', 'c'],
  volume: ['volume', 'vol', 'v', 'tickvol', 'tick_volume'],
  bidClose: ['bid_close', 'bidclose', 'bid_c', 'bid'],
  askClose: ['ask_close', 'askclose', 'ask_c', 'ask'],
  bidSize: ['bid_size', 'bidsize', 'bid_volume'],
  askSize: ['ask_size', 'asksize', 'ask_volume'],
}
const REQUIRED = ['time', 'open', 'high', 'low', 'close'] as const

/** @returns the layout the header describes, or undefined if it lacks a column that candles need. */
export function candleCsvLayout(header: string, instrument: string): Layout<Candle> | undefined {
  const delimiter = delimiterOf(header)
  const split = splitCsv(header, delimiter)
  if (typeof split === 'string') return undefined
  const names = split.map(plainName)
  const columns = Object.fromEntries(
    Object.entries(NAMES).map(([part, known]) => [part, names.findIndex((name) => known.includes(name))]),
  ) as Record<keyof CandleParts | 'time', number>
  if (REQUIRED.some((part) => columns[part] === -1)) return undefined
  const [dateColumn, clockColumn] = [names.indexOf('date'), names.indexOf('time')]
  const isSplitTime = dateColumn !== -1 && clockColumn !== -1
  const read = (fields: readonly string[]): CandleParts => ({
    openTimeMs: parseTimeMs(isSplitTime ? `${fields[dateColumn]} ${fields[clockColumn]}` : (fields[columns.time] ?? '')),
    open: parseNumber(fields[columns.open]),
    high: parseNumber(fields[columns.high]),
    low: parseNumber(fields[columns.low]),
    close: parseNumber(fields[columns.close]),
    volume: parseOptionalNumber(fields[columns.volume]),
    bidClose: parseOptionalNumber(fields[columns.bidClose]),
    askClose: parseOptionalNumber(fields[columns.askClose]),
    bidSize: parseOptionalNumber(fields[columns.bidSize]),
    askSize: parseOptionalNumber(fields[columns.askSize]),
  })
  return {
    name: 'CSV with header',
    framing: 'lines',
    rowBytesMax: CANDLE_LINE_BYTES_MAX,
    hasHeader: true,
    parse: (text, line) => csvCandle(text, line, { delimiter, columnCount: names.length, instrument, read }),
  }
}

interface CsvRules {
  readonly delimiter: string
  readonly columnCount: number
  readonly instrument: string
  readonly read: (fields: readonly string[]) => CandleParts
}

function csvCandle(text: string, line: number, rules: CsvRules): RowResult<Candle> {
  const fields = splitCsv(text, rules.delimiter)
  if (typeof fields === 'string') return fault('ROW_UNREADABLE', 'quotes do not match')
  if (fields.length !== rules.columnCount) {
    return fault('ROW_UNREADABLE', `${fields.length} columns where the header has ${rules.columnCount}`)
  }
  return candleRow(rules.instrument, line, rules.read(fields))
}

/**
 * Candles in CSV with a header, columns in any order: the generic layout, and OANDA's monthly dumps
 * (`time,close,high,low,open,volume`), whose column order only the header tells.
 */
import type { Candle } from '../../schemas/generated.ts'
import { splitCsv, delimiterOf, plainName } from './csv-fields.ts'
import { candleRow } from './candle-row.ts'
import { fault, type Layout } from './layout.ts'
import { parseNumber, parseOptionalNumber } from './number-text.ts'
import { parseTimeMs } from '../time-text.ts'

/** Longest line of candles: over 20 times the widest known layout. */
export const CANDLE_LINE_BYTES_MAX = 16_384

const REQUIRED = ['time', 'open', 'high', 'low', 'close'] as const
const NAMES: Record<
  (typeof REQUIRED)[number] | 'volume' | 'bidClose' | 'askClose' | 'bidSize' | 'askSize',
  readonly string[]
> = {
  time: [
    'timestamp',
    'time',
    'datetime',
    'date',
    'date_time',
    'open_time',
    'opentime',
    'open_time_ms',
    'opentimems',
    'ts',
  ],
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

/** @returns the layout the header describes, or undefined if it lacks a column that candles need. */
export function candleCsvLayout(header: string, instrument: string): Layout<Candle> | undefined {
  const delimiter = delimiterOf(header)
  const split = splitCsv(header, delimiter)
  if (typeof split === 'string') return undefined
  const names = split.map(plainName)
  const column = (part: keyof typeof NAMES): number =>
    names.findIndex((name) => NAMES[part].includes(name))
  if (REQUIRED.some((part) => column(part) === -1)) return undefined
  return {
    name: 'CSV with header',
    framing: 'lines',
    rowBytesMax: CANDLE_LINE_BYTES_MAX,
    hasHeader: true,
    parse: csvParser(instrument, {
      delimiter,
      columnCount: names.length,
      time: timeColumns(names, column('time')),
      column,
    }),
  }
}

/** One column, or two where date and time of day stand apart. */
function timeColumns(
  names: readonly string[],
  only: number,
): readonly [number] | readonly [number, number] {
  const [date, clock] = [names.indexOf('date'), names.indexOf('time')]
  return date !== -1 && clock !== -1 ? [date, clock] : [only]
}

interface CsvRules {
  readonly delimiter: string
  readonly columnCount: number
  readonly time: readonly [number] | readonly [number, number]
  readonly column: (part: keyof typeof NAMES) => number
}

/** Columns are looked up once: a file may have millions of rows. */
function csvParser(
  instrument: string,
  { delimiter, columnCount, time, column }: CsvRules,
): Layout<Candle>['parse'] {
  const [date, clock] = time
  const [open, high, low, close, volume] = [
    column('open'),
    column('high'),
    column('low'),
    column('close'),
    column('volume'),
  ]
  const [bidClose, askClose, bidSize, askSize] = [
    column('bidClose'),
    column('askClose'),
    column('bidSize'),
    column('askSize'),
  ]
  return (text, line) => {
    const fields = splitCsv(text, delimiter)
    if (typeof fields === 'string') return fault('ROW_UNREADABLE', 'quotes do not match')
    if (fields.length !== columnCount)
      return fault('ROW_UNREADABLE', `${fields.length} columns where the header has ${columnCount}`)
    return candleRow(instrument, line, {
      openTimeMs: parseTimeMs(
        clock === undefined ? (fields[date] ?? '') : `${fields[date]} ${fields[clock]}`,
      ),
      open: parseNumber(fields[open]),
      high: parseNumber(fields[high]),
      low: parseNumber(fields[low]),
      close: parseNumber(fields[close]),
      volume: parseOptionalNumber(fields[volume]),
      bidClose: parseOptionalNumber(fields[bidClose]),
      askClose: parseOptionalNumber(fields[askClose]),
      bidSize: parseOptionalNumber(fields[bidSize]),
      askSize: parseOptionalNumber(fields[askSize]),
    })
  }
}

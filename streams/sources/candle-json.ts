/**
 * Candles as JSON, one object a row: OANDA v20 (`time`, `mid` or `bid`/`ask` with string prices,
 * `complete`) and the pipeline's own candle fields. The same for lines and for elements of a document.
 */
import { z } from 'zod'
import type { Candle } from '../../schemas/generated.ts'
import { candleRow, type CandleParts } from './candle-row.ts'
import { fault, SKIP, type Layout, type RowResult } from './layout.ts'
import { parseNumber, parseOptionalNumber } from './number-text.ts'
import { parseTimeMs } from '../time-text.ts'

/** Over 50 times an OANDA candle with mid, bid and ask. */
const JSON_ROW_BYTES_MAX = 65_536

const scalar = z.union([z.string(), z.number()]).nullish()
const prices = z.object({ o: scalar, h: scalar, l: scalar, c: scalar }).nullish()
const rowSchema = z.object({
  time: scalar,
  complete: z.boolean().nullish(),
  mid: prices,
  bid: prices,
  ask: prices,
  volume: scalar,
  openTimeMs: scalar,
  timestamp: scalar,
  open: scalar,
  high: scalar,
  low: scalar,
  close: scalar,
  bidClose: scalar,
  askClose: scalar,
  bidSize: scalar,
  askSize: scalar,
})
type Row = z.infer<typeof rowSchema>
type Scalar = z.infer<typeof scalar>

const asText = (value: Scalar): string | undefined =>
  value === null || value === undefined ? undefined : String(value)
const required = (value: Scalar): number =>
  typeof value === 'number' ? value : parseNumber(asText(value))
const optional = (value: Scalar): number | null =>
  typeof value === 'number' ? value : parseOptionalNumber(asText(value))
const timeOf = (row: Row): number =>
  typeof row.openTimeMs === 'number'
    ? row.openTimeMs
    : parseTimeMs(asText(row.openTimeMs ?? row.time ?? row.timestamp) ?? '')

export function candleJsonLayout(
  instrument: string,
  framing: 'lines' | 'elements',
): Layout<Candle> {
  return {
    name: framing === 'lines' ? 'JSON lines' : 'JSON document',
    framing,
    rowBytesMax: JSON_ROW_BYTES_MAX,
    hasHeader: false,
    skips: true,
    parse: (text, line) => jsonCandle(text, line, instrument),
  }
}

function jsonCandle(text: string, line: number, instrument: string): RowResult<Candle> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    return fault('ROW_UNREADABLE', 'not JSON')
  }
  return candleOfJson(json, line, instrument)
}

/** The same for what is parsed already. */
export function candleOfJson(json: unknown, line: number, instrument: string): RowResult<Candle> {
  const parsed = rowSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return fault(
      'ROW_UNREADABLE',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a candle'}`,
    )
  }
  const row = parsed.data
  if (row.complete === false) return SKIP
  return candleRow(instrument, line, isOanda(row) ? oandaParts(row) : plainParts(row))
}

const isOanda = (row: Row): boolean => Boolean(row.mid ?? row.bid ?? row.ask)

/** Without `mid`, the middle of bid and ask, price by price. */
function oandaParts(row: Row): CandleParts {
  const middle = (part: 'o' | 'h' | 'l' | 'c'): number =>
    row.mid ? required(row.mid[part]) : (required(row.bid?.[part]) + required(row.ask?.[part])) / 2
  return {
    openTimeMs: timeOf(row),
    open: middle('o'),
    high: middle('h'),
    low: middle('l'),
    close: middle('c'),
    volume: optional(row.volume),
    bidClose: optional(row.bid?.c),
    askClose: optional(row.ask?.c),
    bidSize: null,
    askSize: null,
  }
}

function plainParts(row: Row): CandleParts {
  return {
    openTimeMs: timeOf(row),
    open: required(row.open),
    high: required(row.high),
    low: required(row.low),
    close: required(row.close),
    volume: optional(row.volume),
    bidClose: optional(row.bidClose),
    askClose: optional(row.askClose),
    bidSize: optional(row.bidSize),
    askSize: optional(row.askSize),
  }
}

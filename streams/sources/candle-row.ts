/** The last step of every candle layout: parts to a checked candle, or to what is wrong with them. */
import type { Candle } from '../../schemas/generated.ts'
import { validateCandle } from '../candle-validation.ts'
import { fault, type RowResult } from './layout.ts'

/** NaN is a text that was there and could not be read; null is a value the source does not have. */
export interface CandleParts {
  readonly openTimeMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number | null
  readonly bidClose: number | null
  readonly askClose: number | null
  readonly bidSize: number | null
  readonly askSize: number | null
}

/** The fields of a candle that are numbers and may differ between two versions of it. */
export const CANDLE_NUMBERS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'bidClose',
  'askClose',
  'bidSize',
  'askSize',
] as const
export const NO_QUOTES = { bidClose: null, askClose: null, bidSize: null, askSize: null } as const

export function candleRow(instrument: string, line: number, parts: CandleParts): RowResult<Candle> {
  if (Number.isNaN(parts.openTimeMs)) return fault('ROW_UNREADABLE', 'the time cannot be read')
  for (const name of CANDLE_NUMBERS) {
    if (Number.isNaN(parts[name])) return fault('ROW_UNREADABLE', `${name} is not a number`)
  }
  const value: Candle = {
    instrument,
    openTimeMs: parts.openTimeMs,
    open: parts.open,
    high: parts.high,
    low: parts.low,
    close: parts.close,
    volume: parts.volume,
    bidClose: parts.bidClose,
    askClose: parts.askClose,
    bidSize: parts.bidSize,
    askSize: parts.askSize,
    source: 'file',
    sourceLine: line,
  }
  const wrong = validateCandle(value)
  return wrong === undefined ? { kind: 'value', value } : fault('CANDLE_INVALID', wrong)
}

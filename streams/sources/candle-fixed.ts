/** The two layouts without a header: histdata.com one-minute ASCII, and Binance klines. */
import { DateTime } from 'luxon'
import type { Candle } from '../../schemas/generated.ts'
import { candleRow, NO_QUOTES } from './candle-row.ts'
import { CANDLE_LINE_BYTES_MAX } from './candle-csv.ts'
import { fault, type Layout } from './layout.ts'
import { parseNumber, parseOptionalNumber } from './number-text.ts'
import { digitsAt, parseTimeMs, utcMs } from '../time-text.ts'

const HISTDATA_ZONE = 'America/New_York'
const HISTDATA_COLUMNS = 6
/** open time, open, high, low, close, volume; what follows (close time, quote volume...) is not read. */
const KLINE_COLUMNS_MIN = 6

export const looksLikeHistdata = (line: string): boolean => /^\d{8} \d{6};/.test(line)
export const looksLikeKlines = (line: string): boolean =>
  /^(\d{13}|\d{16}),(-?[\d.]+,){4,}-?[\d.]*/.test(line)

/** `YYYYMMDD HHMMSS;open;high;low;close;volume`, New York local time with daylight saving. */
export function histdataLayout(instrument: string): Layout<Candle> {
  const toUtc = localTimeReader(HISTDATA_ZONE)
  return {
    name: 'histdata',
    framing: 'lines',
    rowBytesMax: CANDLE_LINE_BYTES_MAX,
    hasHeader: false,
    parse(text, line) {
      const [time, open, high, low, close, volume, ...more] = text.split(';')
      if (volume === undefined || more.length > 0)
        return fault('ROW_UNREADABLE', `not ${HISTDATA_COLUMNS} columns`)
      return candleRow(instrument, line, {
        openTimeMs: toUtc(time ?? ''),
        open: parseNumber(open),
        high: parseNumber(high),
        low: parseNumber(low),
        close: parseNumber(close),
        volume: parseOptionalNumber(volume),
        ...NO_QUOTES,
      })
    },
  }
}

/**
 * Reads `YYYYMMDD HHMMSS` of a zone. Offsets are looked up once per local hour, since they only
 * change between hours. Of the two hours that autumn repeats it takes the first (no market is open
 * then); a local time that spring skips is NaN.
 */
function localTimeReader(zone: string): (text: string) => number {
  let knownHour = ''
  let knownOffsetMs = NaN
  return (text) => {
    if (text.length !== 15 || text[8] !== ' ') return NaN
    const [year, month, day] = [digitsAt(text, 0, 4), digitsAt(text, 4, 2), digitsAt(text, 6, 2)]
    const [hour, minute, second] = [
      digitsAt(text, 9, 2),
      digitsAt(text, 11, 2),
      digitsAt(text, 13, 2),
    ]
    const asUtc = utcMs(year, month, day, hour, minute, second)
    if (Number.isNaN(asUtc)) return NaN
    const localHour = text.slice(0, 11)
    if (localHour !== knownHour) {
      const local = DateTime.fromObject({ year, month, day, hour }, { zone })
      knownHour = localHour
      knownOffsetMs = local.hour === hour ? local.offset * 60_000 : NaN
    }
    return asUtc - knownOffsetMs
  }
}

/** `open_time,open,high,low,close,volume,close_time,...` with the epoch in ms, or µs since 2025. */
export function klinesLayout(instrument: string): Layout<Candle> {
  return {
    name: 'Binance klines',
    framing: 'lines',
    rowBytesMax: CANDLE_LINE_BYTES_MAX,
    hasHeader: false,
    parse(text, line) {
      const fields = text.split(',')
      if (fields.length < KLINE_COLUMNS_MIN)
        return fault(
          'ROW_UNREADABLE',
          `${fields.length} columns, at least ${KLINE_COLUMNS_MIN} belong there`,
        )
      const [time, open, high, low, close, volume] = fields
      return candleRow(instrument, line, {
        openTimeMs: parseTimeMs(time ?? ''),
        open: parseNumber(open),
        high: parseNumber(high),
        low: parseNumber(low),
        close: parseNumber(close),
        volume: parseOptionalNumber(volume),
        ...NO_QUOTES,
      })
    },
  }
}

/**
 * One element of a candles answer: a complete candle, one that is still open, or a fault.
 *
 * Mid prices become the candle, the closes of bid and ask its quotes, the number of ticks its volume.
 * Read by the same code as OANDA files, so that a file and the live source agree to the last bit.
 */
import type { Candle } from '../../../schemas/generated.ts'
import { candleOfJson } from '../candle-json.ts'
import type { RowFault } from '../layout.ts'
import { parseTimeMs } from '../../time-text.ts'

const OANDA_SOURCE = 'oanda'

export type OandaElement =
  | { readonly kind: 'candle'; readonly openTimeMs: number; readonly candle: Candle }
  | { readonly kind: 'open'; readonly openTimeMs: number; readonly text: string }
  | {
      readonly kind: 'fault'
      /** Undefined where even the time cannot be read. */
      readonly openTimeMs: number | undefined
      readonly fault: RowFault
      readonly text: string
    }

const CANDLE_MS = 60_000

export function oandaElement(json: unknown, instrument: string): OandaElement {
  const fields: Record<string, unknown> =
    typeof json === 'object' && json !== null ? { ...json } : {}
  const openTimeMs = timeOf(fields['time'])
  const faulty = (fault: RowFault): OandaElement => ({
    kind: 'fault',
    openTimeMs,
    fault,
    text: textOf(json),
  })
  const { complete } = fields
  if (typeof complete !== 'boolean')
    return faulty({ code: 'ROW_UNREADABLE', cause: 'complete is neither true nor false' })
  if (!complete && openTimeMs !== undefined) return { kind: 'open', openTimeMs, text: textOf(json) }
  const row = candleOfJson({ ...fields, complete: true }, 0, instrument)
  if (row.kind === 'fault') return faulty(row.fault)
  if (row.kind === 'skip' || openTimeMs === undefined)
    return faulty({ code: 'ROW_UNREADABLE', cause: 'the time cannot be read' })
  const candle = { ...row.value, source: OANDA_SOURCE, sourceLine: null }
  return { kind: 'candle', openTimeMs, candle }
}

/** Only a whole minute has a place among the candles. */
function timeOf(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? parseTimeMs(time) : NaN
  return Number.isSafeInteger(ms) && ms % CANDLE_MS === 0 ? ms : undefined
}

const textOf = (json: unknown): string => JSON.stringify(json) ?? String(json)

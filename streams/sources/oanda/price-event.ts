/**
 * Lines of the price stream. They only tell that time has passed and that an instrument traded: the
 * candle of record is the one that the candles endpoint gives, live and afterwards the same.
 */
import { z } from 'zod'
import { parseTimeMs } from '../../time-text.ts'

/** A price with ten levels of depth is about 1 KB. */
export const PRICE_LINE_BYTES_MAX = 65_536

export type PriceEvent =
  | { readonly kind: 'price'; readonly instrument: string; readonly timeMs: number }
  | { readonly kind: 'heartbeat'; readonly timeMs: number }

const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('PRICE'), time: z.string(), instrument: z.string() }),
  z.object({ type: z.literal('HEARTBEAT'), time: z.string() }),
])

/** @returns undefined for a line that is neither price nor heartbeat, or has no time. */
export function priceEvent(line: string): PriceEvent | undefined {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    return undefined
  }
  const parsed = lineSchema.safeParse(json)
  if (!parsed.success) return undefined
  const timeMs = parseTimeMs(parsed.data.time)
  if (Number.isNaN(timeMs)) return undefined
  return parsed.data.type === 'PRICE'
    ? { kind: 'price', instrument: parsed.data.instrument, timeMs }
    : { kind: 'heartbeat', timeMs }
}

/**
 * What a WebSocket client may say, as JSON text:
 *
 * - `{"action":"subscribe","types":["candle"],"instruments":["EUR_USD"],"position":"1-c.7k"}`: adds;
 *   without types the default ones, without instruments all; with a position the whole
 *   subscription goes on from there;
 * - `{"action":"unsubscribe","types":["candle"],"instruments":["EUR_USD"]}`: without types all;
 * - `{"action":"ping"}`: answered by a `pong`, for clients that cannot send ping frames.
 */
import { z } from 'zod'
import { CandlewireError } from '../../streams/errors.ts'
import { INSTRUMENT_PATTERN } from '../http/instrument-pattern.ts'
import { POSITION_LENGTH_MAX } from './stream-position.ts'
import { EVENT_TYPES, INSTRUMENTS_MAX } from './subscription.ts'

const instruments = z
  .array(z.string().regex(new RegExp(INSTRUMENT_PATTERN), 'is no instrument name'))
  .min(1)
  .max(INSTRUMENTS_MAX)
const types = z.array(z.enum(EVENT_TYPES as [string, ...string[]])).min(1)
const selection = { types: types.optional(), instruments: instruments.optional() }

const orderSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('subscribe'),
    ...selection,
    position: z.string().max(POSITION_LENGTH_MAX).optional(),
  }),
  z.strictObject({ action: z.literal('unsubscribe'), ...selection }),
  z.strictObject({ action: z.literal('ping') }),
])

export type ClientOrder = z.infer<typeof orderSchema>

/** @throws CandlewireError REQUEST_INVALID that says what is wrong */
export function parseOrder(text: string): ClientOrder {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new CandlewireError('REQUEST_INVALID', 'The message is not JSON')
  }
  const parsed = orderSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('/')} ${message}`)
  throw new CandlewireError('REQUEST_INVALID', `message/${faults.join('; ')}`.slice(0, 500))
}

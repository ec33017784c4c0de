/**
 * What makes a candle unusable on its own, whatever came before it.
 *
 * Producers call it before they publish and the features processor calls it again on what it reads,
 * because not every writer of `candles.v1` is ours. A crossed quote (ask below bid) is unusual but
 * happens for moments in real books, so it is kept.
 */
import type { Candle } from '../schemas/generated.ts'
import { CANDLE_MS } from './topics.ts'

/** What settings, requests and keys of stores take as the name of an instrument. */
export const INSTRUMENT_NAME = /^[A-Za-z0-9._:-]{1,64}$/

/** No exchange has minutes from before; s and ms, µs and ms taken for one another fall outside. */
const TIME_MS_MIN = Date.UTC(1970, 0, 1)
const TIME_MS_END = Date.UTC(2100, 0, 1)

const PRICES = ['open', 'high', 'low', 'close'] as const
const QUOTES = ['bidClose', 'askClose'] as const
const QUANTITIES = ['volume', 'bidSize', 'askSize'] as const

/** @returns why the candle is invalid, in words, or undefined if it is valid. */
export function validateCandle(candle: Candle): string | undefined {
  const { instrument, openTimeMs, open, high, low, close } = candle
  if (instrument === '') return 'instrument is empty'
  if (!INSTRUMENT_NAME.test(instrument))
    return `instrument ${JSON.stringify(instrument.slice(0, 64))} is not a name: 1 to 64 of A-Z a-z 0-9 . _ : -`
  if (!Number.isSafeInteger(openTimeMs)) return `openTimeMs ${openTimeMs} is not a time in ms`
  if (openTimeMs < TIME_MS_MIN || openTimeMs >= TIME_MS_END)
    return `openTimeMs ${openTimeMs} is not in the years 1970 to 2099 (is it in ms?)`
  if (openTimeMs % CANDLE_MS !== 0) return `openTimeMs ${openTimeMs} is not on a minute boundary`
  // Compared this way round, NaN fails too.
  for (const field of PRICES) {
    if (!(candle[field] > 0 && candle[field] < Infinity))
      return faulty(field, candle[field], 'a positive finite price')
  }
  if (high < low) return `high ${high} is below low ${low}`
  if (high < open || high < close) return `high ${high} is below open ${open} or close ${close}`
  if (low > open || low > close) return `low ${low} is above open ${open} or close ${close}`
  for (const field of QUANTITIES) {
    const value = candle[field]
    if (value !== null && !(value >= 0 && value < Infinity))
      return faulty(field, value, 'a finite quantity of 0 or more')
  }
  for (const field of QUOTES) {
    const value = candle[field]
    if (value !== null && !(value > 0 && value < Infinity))
      return faulty(field, value, 'a positive finite price')
  }
  return undefined
}

const faulty = (field: string, value: number, wanted: string): string =>
  `${field} ${value} is not ${wanted}`

import { describe, expect, it } from 'vitest'
import type { Candle } from '../schemas/generated.ts'
import { validateCandle } from './candle-validation.ts'

const valid: Candle = {
  instrument: 'TEST',
  openTimeMs: 60_000,
  open: 2,
  high: 4,
  low: 1,
  close: 3,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
}

describe('candle validation', () => {
  it.each<Partial<Candle>>([
    {},
    { volume: 0 },
    { open: 1, high: 1, low: 1, close: 1 },
    { bidClose: 3.1, askClose: 2.9, bidSize: 0, askSize: 5 },
    { openTimeMs: 0 },
    { openTimeMs: Date.UTC(2099, 11, 31, 23, 59) },
    { instrument: 'BTC-USD:X_1.' },
  ])('accepts %o', (changed) => expect(validateCandle({ ...valid, ...changed })).toBeUndefined())

  it.each<[Partial<Candle>, string]>([
    [{ instrument: '' }, 'instrument'],
    [{ instrument: 'EUR/USD' }, 'is not a name'],
    [{ instrument: 'A'.repeat(65) }, 'is not a name'],
    [{ instrument: 'A\n' }, 'is not a name'],
    [{ openTimeMs: -60_000 }, 'is not in the years 1970 to 2099'],
    [{ openTimeMs: Date.UTC(2100, 0, 1) }, 'is not in the years 1970 to 2099'],
    [{ openTimeMs: Date.UTC(2025, 0, 1) * 1000 }, 'is it in ms?'],
    [{ openTimeMs: 60_001 }, 'minute boundary'],
    [{ openTimeMs: NaN }, 'not a time'],
    [{ openTimeMs: 1e300 }, 'not a time'],
    [{ open: 0 }, 'open 0'],
    [{ close: -1 }, 'close -1'],
    [{ high: Infinity }, 'high Infinity'],
    [{ low: NaN }, 'low NaN'],
    [{ high: 0.5 }, 'below low'],
    [{ high: 2.5 }, 'below open 2 or close 3'],
    [{ low: 2.5 }, 'above open 2 or close 3'],
    [{ volume: -1 }, 'volume -1'],
    [{ volume: NaN }, 'volume NaN'],
    [{ bidClose: 0 }, 'bidClose 0'],
    [{ askClose: Infinity }, 'askClose Infinity'],
    [{ bidSize: -2 }, 'bidSize -2'],
    [{ askSize: NaN }, 'askSize NaN'],
  ])('refuses %o', (changed, cause) =>
    expect(validateCandle({ ...valid, ...changed })).toContain(cause),
  )
})

/**
 * What is null once warm, in every special case, is what the null rules of the registry say: no more,
 * no less. Gaps and one-tick bars are in the golden candles, changes of the clock there and in
 * zone-clock.test.ts.
 */
import { describe, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { featureSet } from './feature-sets.ts'
import { featuresProcessor } from './features-processor.ts'
import { featureSpec } from './registry.ts'

const set = featureSet('market-108')
const settings = { maxFillMinutes: 360, sessionZone: 'America/New_York', sessionStart: '17:00' }
const WARM = Math.max(...set.features.map((name) => featureSpec(name).warmupBars))

/** An ordinary candle: everything moves, everything is there. */
function ordinary(i: number): Candle {
  const open = 100 + Math.sin(i)
  const close = open + Math.cos(i * 1.7) / 3
  return {
    instrument: 'TEST',
    openTimeMs: i * 60_000,
    open,
    close,
    high: Math.max(open, close) + 0.1 + (i % 7) / 50,
    low: Math.min(open, close) - 0.1 - (i % 5) / 50,
    volume: 100 + ((i * 7919) % 101),
    bidClose: close - 0.01,
    askClose: close + 0.01,
    bidSize: 5,
    askSize: 7,
    source: 'test',
    sourceLine: null,
  }
}

/** The vector of the last candle when all of the warm-up and more are of one kind. */
function vectorOf(kind: (i: number) => Partial<Candle>, bars = WARM + 60): Features['values'] {
  const processor = featuresProcessor(everyInstrument(settings), set)
  const state = processor.initial('TEST')
  let values: Features['values'] | undefined
  for (let i = 0; i < bars; i++) {
    const value = { ...ordinary(i), ...kind(i) }
    for (const output of processor.step(state, {
      topic: 'candles.v1',
      partition: 0,
      offset: i,
      value,
    }))
      values = (output.value as Features).values
  }
  return values!
}

const ruled = (...parts: string[]): string[] =>
  set.features.filter((name) => parts.some((part) => featureSpec(name).nullRule.includes(part)))
const nulls = (values: Features['values']): string[] =>
  set.features.filter((name) => values[name] === null)

const flat = { open: 100, high: 100, low: 100, close: 100 }
const FLAT = ['closes are equal', 'atr_14 is 0']
const IDLE = ['volumes are 0', 'volumes are equal', 'V = 0']
const NO_QUOTES = ['without bid and ask', 'without sizes']

describe('once warm', () => {
  it.each<[string, (i: number) => Partial<Candle>, string[]]>([
    ['an ordinary market has no null', () => ({}), []],
    ['no volume leaves null what needs it', () => ({ volume: null }), ['without volume']],
    ['a volume of 0 leaves null what divides by it', () => ({ volume: 0 }), IDLE],
    [
      'one volume for ever leaves null what is measured in its deviation',
      () => ({ volume: 5 }),
      ['volumes are equal'],
    ],
    [
      'no quotes leave null what needs them',
      () => ({ bidClose: null, askClose: null, bidSize: null, askSize: null }),
      NO_QUOTES,
    ],
    [
      'quotes without sizes leave null what needs sizes',
      () => ({ bidSize: null, askSize: null }),
      ['without sizes'],
    ],
    [
      'sizes of 0 leave null their imbalance',
      () => ({ bidSize: 0, askSize: 0 }),
      ['both sizes are 0'],
    ],
    ['flat prices leave null what divides by their range', () => flat, FLAT],
    [
      'flat prices without volume and quotes',
      () => ({
        ...flat,
        volume: null,
        bidClose: null,
        askClose: null,
        bidSize: null,
        askSize: null,
      }),
      [...FLAT, 'without volume', ...NO_QUOTES],
    ],
  ])('%s', (_, kind, parts) => {
    expect(nulls(vectorOf(kind))).toEqual(ruled(...parts))
  })

  it('bars of one tick have no range but everything else', () => {
    const values = vectorOf((i) => {
      const price = 100 + ((i * 7919) % 13) / 100
      return { open: price, high: price, low: price, close: price }
    })
    expect(nulls(values)).toEqual([])
    expect([values.hl_range, values.gk_vol, values.parkinson_vol, values.rs_vol]).toEqual([
      0, 0, 0, 0,
    ])
    expect([values.high_low_ratio, values.close_open_ratio]).toEqual([1, 1])
    expect(values.volatility_20).toBeGreaterThan(0)
  })

  it('a jump by ten orders of magnitude and back leaves every value finite and in its range', () => {
    const bars = WARM + 60
    const scale = (i: number): number => (i === bars - 25 ? 1e-6 : i === bars - 12 ? 1e4 : 1)
    const values = vectorOf((i) => {
      const { open, high, low, close } = ordinary(i)
      const by = scale(i)
      return { open: open * by, high: high * by, low: low * by, close: close * by }
    }, bars)
    expect(nulls(values)).toEqual([])
    expect(values.rsi_14).toBeGreaterThanOrEqual(0)
    expect(values.rsi_14).toBeLessThanOrEqual(100)
  })

  it('a gap longer than the fill is crossed by bar count: nothing becomes null', () => {
    const weekendMs = 49 * 3_600_000
    const values = vectorOf((i) => ({
      openTimeMs: i * 60_000 + (i > WARM ? weekendMs : 0),
    }))
    expect(nulls(values)).toEqual([])
  })
})

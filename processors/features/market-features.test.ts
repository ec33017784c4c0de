import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barsArbitrary, engineBar } from '../../test/reference/candle-arbitrary.ts'
import { naiveFeatures, type NaiveBar } from '../../test/reference/naive-features.ts'
import { featureSet } from './feature-sets.ts'
import { MarketFeatures } from './market-features.ts'
import { featureSpec } from './registry.ts'

const set = featureSet('market-108')
const engine = new MarketFeatures(set)
/** Printed by fast-check when a property fails; fixed so that a failure is seen by everybody. */
const SEED = 20250307

/** Vectors of all bars, [bars][108], NaN for null. */
function vectorsOf(bars: readonly NaiveBar[], memory = engine.initialMemory()): Float64Array[] {
  return bars.map((bar, i) => {
    const vector = new Float64Array(set.features.length)
    engine.update(memory, engineBar(bar, i), vector)
    return vector
  })
}

/**
 * The naive doubles lose digits where numbers of the size of the price cancel, the engine does not:
 * so the absolute tolerance is in the feature's own unit, 1e-12 of the price where that is one.
 */
function tolerance(feature: string, expected: number, price: number): number {
  const { unit } = featureSpec(feature)
  const scale = unit.startsWith('price')
    ? Math.max(1, price)
    : feature === 'bb_position' || feature === 'volume_zscore'
      ? 1e6
      : 1
  return Math.max(1e-9 * Math.abs(expected), 1e-12 * scale)
}

function differences(
  vector: Float64Array,
  expected: Record<string, number>,
  price: number,
): string[] {
  return set.features.flatMap((feature, i) => {
    if (!(feature in expected)) return []
    const wanted = Number.isFinite(expected[feature]) ? expected[feature]! : NaN
    const got = vector[i]!
    const same = Number.isNaN(wanted)
      ? Number.isNaN(got)
      : Math.abs(got - wanted) <= tolerance(feature, wanted, price)
    return same ? [] : [`${feature}: ${got} instead of ${wanted}`]
  })
}

/** A random walk from a small generator, for tests that need many bars. */
function* walk(length: number, range: { low: number; high: number }): Generator<NaiveBar> {
  let seed = SEED
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  let close = Math.sqrt(range.low * range.high)
  for (let i = 0; i < length; i++) {
    const wild = (i >>> 12) % 3 === 0 ? 0.02 : 0.0005
    const open = close * (1 + (random() - 0.5) * wild * 0.1)
    const pull = open < range.low ? 0.01 : open > range.high ? -0.01 : 0
    close = open * (1 + (random() - 0.5) * wild + pull)
    const high = Math.max(open, close) * (1 + random() * wild * 0.3)
    const low = Math.min(open, close) * (1 - random() * wild * 0.3)
    yield {
      open,
      high,
      low,
      close,
      volume: Math.floor(1 + random() * 1e6),
      startsSession: i % 1380 === 0,
      bidClose: close * (1 - random() * 1e-4),
      askClose: close * (1 + random() * 1e-4),
      bidSize: Math.floor(random() * 1e4),
      askSize: Math.floor(random() * 1e4),
    }
  }
}

const lively = [...walk(1_500, { low: 50, high: 200 })]
const livelyVectors = vectorsOf(lively)

describe('market features', () => {
  it('equals the naive recomputation at every bar', () => {
    fc.assert(
      fc.property(barsArbitrary({ min: 1, max: 120 }), (bars) => {
        vectorsOf(bars).forEach((vector, i) => {
          expect(differences(vector, naiveFeatures(bars.slice(0, i + 1)), bars[i]!.close)).toEqual(
            [],
          )
        })
      }),
      { numRuns: 40, seed: SEED },
    )
  })

  it('equals the naive recomputation when every window is full', () => {
    const bars = [...walk(2200, { low: 50, high: 200 })]
    const vectors = vectorsOf(bars)
    for (let i = 1459; i < bars.length; i += 37) {
      expect(differences(vectors[i]!, naiveFeatures(bars.slice(0, i + 1)), bars[i]!.close)).toEqual(
        [],
      )
    }
  })

  it('goes on bit by bit the same from a copy of its memory, wherever it is cut', () => {
    fc.assert(
      fc.property(barsArbitrary({ min: 2, max: 150 }), fc.nat(), (bars, chosen) => {
        const cut = chosen % bars.length
        const memory = engine.initialMemory()
        vectorsOf(bars.slice(0, cut), memory)
        const restored = vectorsOf(bars.slice(cut), structuredClone(memory))
        expect(restored.map(String)).toEqual(vectorsOf(bars).slice(cut).map(String))
      }),
      { numRuns: 60, seed: SEED },
    )
  })

  it.each(set.features)('computes %s the same alone as with all others', (feature) => {
    const alone = new MarketFeatures({ name: 'alone', features: [feature], fingerprint: '' })
    const memory = alone.initialMemory()
    const value = new Float64Array(1)
    const column = set.features.indexOf(feature)
    lively.forEach((bar, i) => {
      alone.update(memory, engineBar(bar, i), value)
      expect(value[0]).toBe(livelyVectors[i]![column])
    })
  })

  it('keeps nothing outside its memory', () => {
    const bars = [...walk(300, { low: 1, high: 10 })]
    const first = vectorsOf(bars).map(String)
    vectorsOf([...walk(500, { low: 1e5, high: 1e6 })])
    expect(vectorsOf(bars).map(String)).toEqual(first)
  })

  it('emits neither Infinity nor -0', () => {
    fc.assert(
      fc.property(barsArbitrary({ min: 1, max: 150 }), (bars) => {
        for (const vector of vectorsOf(bars)) {
          expect(
            vector.every((value) => !Object.is(value, -0) && Math.abs(value) !== Infinity),
          ).toBe(true)
        }
      }),
      { numRuns: 60, seed: SEED },
    )
  })
})

const flatBar = (price: number, volume: number): NaiveBar => ({
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  startsSession: false,
  bidClose: NaN,
  askClose: NaN,
  bidSize: NaN,
  askSize: NaN,
})

describe('flat prices', () => {
  it('give exact zeros, exact prices and the nulls of a division by zero', () => {
    const flat = flatBar(0.1, 0)
    const vector = vectorsOf(Array.from({ length: 1500 }, () => flat)).at(-1)!
    const value = Object.fromEntries(set.features.map((feature, i) => [feature, vector[i]!]))
    for (const feature of [
      'volatility_20',
      'hist_vol_50',
      'macd',
      'macd_histogram',
      'bb_width',
      'gk_vol',
      'yz_vol',
      'atr_14',
      'adx_14',
      'spread_pct',
      'log_return_30',
      'roc_12',
    ]) {
      expect([feature, value[feature]]).toEqual([feature, 0])
    }
    for (const feature of ['sma_50', 'sma_5', 'ema_21', 'ema_50', 'bb_upper', 'bb_lower'])
      expect([feature, value[feature]]).toEqual([feature, 0.1])
    for (const feature of ['close_sma_50_ratio', 'close_ema_20_ratio', 'high_low_ratio'])
      expect([feature, value[feature]]).toEqual([feature, 1])
    expect([value['stoch_k_14'], value['stoch_d_3']]).toEqual([50, 50])
    expect([value['close_position_in_session_range'], value['vol_percentile_rank']]).toEqual([
      0.5, 1,
    ])
    for (const feature of [
      'bb_position',
      'volume_ratio',
      'volume_zscore',
      'price_impact',
      'illiquidity_ma20',
      'order_flow_imbalance',
      'rsi_14_x_volume_ratio',
      'return_1_x_volume_zscore',
      'macd_histogram_over_atr_14',
      'bid_ask_spread',
      'effective_spread',
      'bid_ask_imbalance',
      'quoted_depth',
    ]) {
      expect([feature, value[feature]]).toEqual([feature, NaN])
    }
    expect([value['rsi_14'], value['vol_regime_low'], value['vol_regime_high']]).toEqual([50, 0, 1])
    expect(value['vwap']).toBeCloseTo(0.1, 15)
  })

  it('keep the ratio of old gains and losses for ever', () => {
    const moved = [
      ...Array.from({ length: 30 }, (_, i) => flatBar(100 + (i % 3), 1)),
      ...Array.from({ length: 20_000 }, () => flatBar(100, 1)),
    ]
    const vectors = vectorsOf(moved)
    const rsi = set.features.indexOf('rsi_14')
    const adx = set.features.indexOf('adx_14')
    expect(vectors.at(-1)![rsi]).toBeCloseTo(vectors[100]![rsi]!, 8)
    expect(vectors.at(-1)![adx]).toBeCloseTo(vectors[2000]![adx]!, 8)
  })
})

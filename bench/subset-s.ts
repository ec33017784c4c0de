/**
 * Subset S, the indicators that the market engine and two popular TypeScript libraries have in common,
 * fed with the same candles one after the other: how long a candle takes each of them.
 *
 * All three stream: nobody sees a candle before it is its turn. The libraries get the candles as the
 * objects they want, made beforehand.
 */
import assert from 'node:assert/strict'
import {
  ADX as StreamingAdx,
  ATR as StreamingAtr,
  BollingerBands as StreamingBands,
  EMA as StreamingEma,
  getStandardDeviation,
  MACD as StreamingMacd,
  pushUpdate,
  ROC as StreamingRoc,
  RSI as StreamingRsi,
  SMA as StreamingSma,
  StochasticOscillator,
} from 'trading-signals'
import technicalindicators from 'technicalindicators'
import type { FeatureName, FeatureSet } from '../processors/features/feature-sets.ts'
import type { Candle } from '../schemas/generated.ts'

export const SUBSET_S: FeatureSet = {
  name: 'S',
  features: [
    ...([7, 14, 21, 50] as const).map((n): FeatureName => `sma_${n}`),
    ...([7, 14, 21] as const).map((n): FeatureName => `ema_${n}`),
    ...(['rsi_14', 'rsi_20', 'macd', 'macd_signal', 'macd_histogram'] as const),
    ...(['bb_middle', 'bb_upper', 'bb_lower', 'bb_width', 'bb_position'] as const),
    ...(['atr_14', 'adx_14', 'roc_5', 'roc_10', 'stoch_k_14', 'stoch_d_3'] as const),
    ...(['volatility_20', 'volatility_50'] as const),
  ],
  fingerprint: '',
}

/** Takes one candle. @returns SMA(C,50), by which the contestants are seen to do the same. */
export type Contestant = (candle: Candle) => number | null | undefined

export function tradingSignals(): Contestant {
  const averages = [
    ...[7, 14, 21].map((n) => new StreamingSma(n)),
    ...[7, 14, 21].map((n) => new StreamingEma(n)),
    ...[14, 20].map((n) => new StreamingRsi(n)),
    new StreamingMacd(new StreamingEma(12), new StreamingEma(26), new StreamingEma(9)),
    new StreamingBands(20, 2),
    ...[5, 10].map((n) => new StreamingRoc(n)),
  ]
  const ranges = [
    new StreamingAtr(14),
    new StreamingAdx(14),
    new StochasticOscillator({ kPeriod: 14, kSlowingPeriod: 1, dPeriod: 3 }),
  ]
  const sma50 = new StreamingSma(50)
  const windows = [20, 50].map((maxLength) => ({ array: [] as number[], maxLength }))
  let before = NaN
  return (candle) => {
    for (const indicator of averages) indicator.add(candle.close)
    for (const indicator of ranges) indicator.add(candle)
    const item = candle.close / before - 1
    before = candle.close
    for (const { array, maxLength } of windows) {
      if (Number.isNaN(item)) continue
      pushUpdate({ array, item, maxLength, replace: false })
      if (array.length === maxLength) getStandardDeviation(array)
    }
    return sma50.add(candle.close)
  }
}

export function technicalIndicators(): Contestant {
  const { ADX, ATR, BollingerBands, EMA, MACD, ROC, RSI, SD, SMA, Stochastic } = technicalindicators
  const values: number[] = []
  const bars = { high: [], low: [], close: [] }
  const averages = [
    ...[7, 14, 21].map((period) => new SMA({ period, values })),
    ...[7, 14, 21].map((period) => new EMA({ period, values })),
    ...[14, 20].map((period) => new RSI({ period, values })),
    new MACD({
      values,
      fastPeriod: 12,
      slowPeriod: 26,
      signalPeriod: 9,
      SimpleMAOscillator: false,
      SimpleMASignal: false,
    }),
    new BollingerBands({ period: 20, stdDev: 2, values }),
    ...[5, 10].map((period) => new ROC({ period, values })),
  ]
  const ranges = [
    new ATR({ period: 14, ...bars }),
    new ADX({ period: 14, ...bars }),
    new Stochastic({ period: 14, signalPeriod: 3, ...bars }),
  ] as unknown as { nextValue: (candle: Candle) => unknown }[]
  const sma50 = new SMA({ period: 50, values })
  const deviations = [20, 50].map((period) => new SD({ period, values }))
  let before = NaN
  return (candle) => {
    for (const indicator of averages) indicator.nextValue(candle.close)
    for (const indicator of ranges) indicator.nextValue(candle)
    const change = candle.close / before - 1
    before = candle.close
    if (!Number.isNaN(change)) for (const deviation of deviations) deviation.nextValue(change)
    return sma50.nextValue(candle.close)
  }
}

/** @throws AssertionError if a contestant does not arrive at the same average. */
export function assertSameWork(
  name: string,
  last: number | null | undefined,
  expected: number,
): void {
  assert(Math.abs((last ?? NaN) / expected - 1) < 1e-9, `${name}: ${last} instead of ${expected}`)
}

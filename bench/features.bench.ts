/**
 * Microseconds per candle of the feature engine alone, of the processor step around it, and of the
 * whole offline command from file to file.
 */
import { Bar } from '../processors/features/bar.ts'
import { featureSet } from '../processors/features/feature-sets.ts'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import { everyInstrument } from '../processors/instruments/instruments.ts'
import { MarketFeatures } from '../processors/features/market-features.ts'
import type { Candle } from '../schemas/generated.ts'
import { CANDLE_MS } from '../streams/topics.ts'
import type { Benchmark } from './harness.ts'
import { benchOffline } from './offline-features.ts'

const START_MS = Date.UTC(2024, 0, 1)
const SEED = 20250307
const settings = everyInstrument({
  maxFillMinutes: 360,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})

export const benchmark: Benchmark = {
  name: 'features',
  about: 'microseconds per candle of the incremental features; the offline command, file to file',
  async run(bench) {
    const candles = walk(bench.rows)
    for (const name of ['market-76', 'market-108']) {
      await bench.repeat(`features.${name.replace('-', '')}`, 'us/candle', () =>
        engineSample(name, candles),
      )
    }
    await bench.repeat('features.step', 'us/candle', () => stepSample(candles))
    await benchOffline(bench, candles)
  },
}

/** A random walk from a small generator: the same candles on every machine. */
function walk(length: number): Candle[] {
  let seed = SEED
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const cents = (price: number): number => Math.round(price * 100) / 100
  let close = 500
  return Array.from({ length }, (_, i) => {
    const open = close
    close = cents(open + (random() - 0.5) * 0.4 + (500 - open) * 1e-4)
    const high = cents(Math.max(open, close) + random() * 0.1)
    const low = cents(Math.min(open, close) - random() * 0.1)
    const quotes = { bidClose: null, askClose: null, bidSize: null, askSize: null }
    return {
      instrument: 'BENCH',
      openTimeMs: START_MS + i * CANDLE_MS,
      open,
      high,
      low,
      close,
      volume: Math.floor(random() * 1e5),
      ...quotes,
      source: 'bench',
      sourceLine: null,
    }
  })
}

function engineSample(set: string, candles: readonly Candle[]): number {
  const engine = new MarketFeatures(featureSet(set))
  const memory = engine.initialMemory()
  const vector = new Float64Array(engine.set.features.length)
  const bar = new Bar()
  bar.isBackfilled = bar.hasOriginal30To60 = bar.hasOriginal30To360 = 0
  return perCandle(candles, (candle, i) => {
    bar.openTimeMs = candle.openTimeMs
    bar.open = candle.open
    bar.high = candle.high
    bar.low = candle.low
    bar.close = candle.close
    bar.volume = candle.volume ?? NaN
    bar.startsSession = Number(i % 1440 === 0)
    engine.update(memory, bar, vector)
  })
}

function stepSample(candles: readonly Candle[]): number {
  const processor = featuresProcessor(settings)
  const state = processor.initial('BENCH')
  return perCandle(candles, (value, offset) =>
    processor.step(state, { topic: 'candles.v1', partition: 0, offset, value }),
  )
}

function perCandle(
  candles: readonly Candle[],
  work: (candle: Candle, index: number) => void,
): number {
  const startMs = performance.now()
  candles.forEach(work)
  return ((performance.now() - startMs) * 1000) / candles.length
}

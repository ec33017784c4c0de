/**
 * Microseconds of processor time per candle of the feature engine alone, of the processor step around it, and of the
 * whole offline command from file to file.
 */
import { Bar } from '../processors/features/bar.ts'
import { featureSet, type FeatureSet } from '../processors/features/feature-sets.ts'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import { everyInstrument } from '../processors/instruments/instruments.ts'
import { MarketFeatures } from '../processors/features/market-features.ts'
import type { Candle } from '../schemas/generated.ts'
import { CANDLE_MS } from '../streams/topics.ts'
import type { Benchmark, Harness } from './harness.ts'
import { benchOffline } from './offline-features.ts'
import { assertSameWork, SUBSET_S, technicalIndicators, tradingSignals } from './subset-s.ts'

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
        engineSample(featureSet(name), candles),
      )
    }
    await subsetS(bench, candles)
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
    const quotes = { bidClose: close - 0.01, askClose: close + 0.01, bidSize: 5, askSize: 7 }
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

/** The same indicators by the engine and by two libraries, with the ratio of the medians. */
async function subsetS(bench: Harness, candles: readonly Candle[]): Promise<void> {
  const expected = candles.slice(-50).reduce((sum, { close }) => sum + close, 0) / 50
  await bench.repeat('features.S', 'us/candle', () => engineSample(SUBSET_S, candles))
  const peers = { 'trading-signals': tradingSignals, technicalindicators: technicalIndicators }
  for (const [peer, make] of Object.entries(peers)) {
    await bench.repeat(`peer:${peer}.S`, 'us/candle', () => {
      const contestant = make()
      let last: ReturnType<typeof contestant>
      const time = perCandle(candles, (candle) => (last = contestant(candle)))
      assertSameWork(peer, last, expected)
      return time
    })
  }
  const medianOf = (name: string): number =>
    bench.measures.find((measure) => measure.name === name)?.median ?? NaN
  for (const peer of Object.keys(peers)) {
    const ratio = medianOf(`peer:${peer}.S`) / medianOf('features.S')
    bench.note(`features.S is ${ratio.toFixed(1)} times as fast as ${peer} (medians)`)
  }
}

function engineSample(set: FeatureSet, candles: readonly Candle[]): number {
  const engine = new MarketFeatures(set)
  const memory = engine.initialMemory()
  const vector = new Float64Array(engine.features.length)
  const bar = new Bar()
  bar.isBackfilled = bar.hasOriginal30To60 = bar.hasOriginal30To360 = 0
  bar.dayOfWeek = 1
  bar.hourOfDay = bar.sessionAsia = bar.sessionEurope = bar.sessionUs = 0
  return perCandle(candles, (candle, i) => {
    bar.openTimeMs = candle.openTimeMs
    bar.open = candle.open
    bar.high = candle.high
    bar.low = candle.low
    bar.close = candle.close
    bar.volume = candle.volume ?? NaN
    bar.bidClose = candle.bidClose ?? NaN
    bar.askClose = candle.askClose ?? NaN
    bar.bidSize = candle.bidSize ?? NaN
    bar.askSize = candle.askSize ?? NaN
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

/**
 * Processor time, µs: on a machine of one core it is the time that passes, and other work on a busy one
 * does not count. Garbage collection does, whichever thread does it.
 */
function perCandle(
  candles: readonly Candle[],
  work: (candle: Candle, index: number) => void,
): number {
  const before = process.cpuUsage()
  candles.forEach(work)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / candles.length
}

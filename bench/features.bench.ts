/**
 * Microseconds per candle of the feature engine alone, of the processor step around it, and of the
 * whole offline command from file to file.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { projectRoot } from '../bin/project-root.ts'
import { Bar } from '../processors/features/bar.ts'
import { featureSet } from '../processors/features/feature-sets.ts'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import { everyInstrument } from '../processors/instruments/instruments.ts'
import { MarketFeatures } from '../processors/features/market-features.ts'
import type { Candle } from '../schemas/generated.ts'
import { CANDLE_MS } from '../streams/topics.ts'
import type { Benchmark, Harness } from './harness.ts'

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
    await offline(bench, candles)
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

async function offline(bench: Harness, candles: readonly Candle[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
  try {
    const input = join(folder, 'candles.csv')
    const rows = candles.map(({ openTimeMs, open, high, low, close, volume }) =>
      [new Date(openTimeMs).toISOString(), open, high, low, close, volume].join(','),
    )
    writeFileSync(input, `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`)
    bench.note(
      `offline: ${candles.length.toLocaleString('en-US')} candles, a process of its own, start included`,
    )
    await bench.repeatAll({ 'features.offline': 's', 'features.offline.rss': 'MB' }, () =>
      Promise.resolve(offlineSample(input, join(folder, 'features.csv'))),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The child tells its own peak on the way out. */
function offlineSample(input: string, output: string): Record<string, number> {
  const cli = join(projectRoot, 'bin', 'cli.ts')
  const tell = "process.on('exit',()=>console.log(process.resourceUsage().maxRSS/1024))"
  const preload = `data:text/javascript,${encodeURIComponent(tell)}`
  const argv = [
    '--import',
    'tsx',
    '--import',
    preload,
    cli,
    'features',
    'compute',
    '--candles',
    input,
    '--out',
    output,
  ]
  const startMs = performance.now()
  const child = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`offline command failed: ${child.stderr}`)
  return {
    'features.offline': (performance.now() - startMs) / 1000,
    'features.offline.rss': Number(child.stdout.trim().split('\n').at(-1)),
  }
}

/**
 * Two million made-up candles, the same on every machine: the price goes from 1e-4 to 1e6 and back,
 * twice, through calm and wild stretches. What has drifted shows at its turning points.
 *
 *     npx tsx test/reference/long-walk.ts FOLDER
 *
 * writes the 6,000 candles before each turning point into a file of their own: no feature remembers
 * more of the past than that to sixteen digits.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Candle } from '../../schemas/generated.ts'

export const TURN_BARS = 500_000
export const LONG_WALK_BARS = 4 * TURN_BARS
/** Candles from which the features at a turning point follow. */
const MEMORY_BARS = 6_000
const START_MS = Date.UTC(2020, 0, 1)
const SEED = 20250307

/** ln(1e6/1e-4) in two thirds of the bars between two turning points; it waits there for the rest. */
const DRIFT = (1.5 * 23.02585) / TURN_BARS

export function* longWalk(): Generator<Candle> {
  let seed = SEED
  // Numerical Recipes' linear congruential generator; only additions and products follow, which are
  // the same everywhere.
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  let close = 1e-4
  for (let i = 0; i < LONG_WALK_BARS; i++) {
    const wild = (i >>> 12) % 3 === 0 ? 0.02 : 0.0005
    const rising = Math.floor(i / TURN_BARS) % 2 === 0
    const pull = close < 1e-4 ? 0.005 : close > 1e6 ? -0.005 : rising ? DRIFT : -DRIFT
    const open = close * (1 + (random() - 0.5) * wild * 0.1)
    close = open * (1 + (random() - 0.5) * wild + pull)
    const high = Math.max(open, close) * (1 + random() * wild * 0.3)
    const low = Math.min(open, close) * (1 - random() * wild * 0.3)
    yield {
      instrument: 'LONG',
      openTimeMs: START_MS + i * 60_000,
      open,
      high,
      low,
      close,
      volume: Math.floor(random() * 1e6),
      bidClose: close * (1 - random() * 1e-4),
      askClose: close * (1 + random() * 1e-4),
      bidSize: Math.floor(random() * 1e4),
      askSize: Math.floor(1 + random() * 1e4),
      source: 'test',
      sourceLine: null,
    }
  }
}

function writeTurns(folder: string): void {
  const header = 'timestamp,open,high,low,close,volume,bid_close,ask_close,bid_size,ask_size\n'
  let lines: string[] = []
  let count = 0
  for (const candle of longWalk()) {
    count += 1
    const untilTurn = (TURN_BARS - (count % TURN_BARS)) % TURN_BARS
    if (untilTurn >= MEMORY_BARS) continue
    const { openTimeMs, open, high, low, close, volume } = candle
    const { bidClose, askClose, bidSize, askSize } = candle
    const numbers = [open, high, low, close, volume, bidClose, askClose, bidSize, askSize]
    lines.push(`${new Date(openTimeMs).toISOString()},${numbers.join(',')}\n`)
    if (untilTurn > 0) continue
    writeFileSync(join(folder, `long-${count / TURN_BARS}.csv`), header + lines.join(''))
    lines = []
  }
}

if (process.argv[1] === import.meta.filename) writeTurns(process.argv[2] ?? '.')

/** A candle file of any length: a walk over consecutive minutes, the same at every run. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Readable } from 'node:stream'

const FIRST_MS = 1_600_000_020_000
const MINUTE_MS = 60_000
const LINES_A_CHUNK = 5_000

/** @param from minutes that lie before the first row */
export async function writeSyntheticCandles(path: string, rows: number, from = 0): Promise<void> {
  // Level 1: the file is written for the benchmark, not measured by it.
  const file = createWriteStream(path)
  await pipeline(Readable.from(chunksOf(rows, from)), createGzip({ level: 1 }), file)
  if (!file.closed) await once(file, 'close')
}

function* chunksOf(rows: number, from: number): Generator<string> {
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let price = 5_000
  let lines = ['timestamp,open,high,low,close,volume']
  for (let row = 0; row < rows; row += 1) {
    const open = price
    // Reflected, so that no walk of any length comes near zero.
    const step = (next() - 0.5) * 2
    price = open + (open < 4_000 ? Math.abs(step) : step)
    const [high, low] = [Math.max(open, price) + next(), Math.min(open, price) - next()]
    const prices = [open, high, low, price].map((value) => value.toFixed(2)).join(',')
    lines.push(`${FIRST_MS + (from + row) * MINUTE_MS},${prices},${Math.floor(next() * 500)}`)
    if (lines.length >= LINES_A_CHUNK) {
      yield lines.join('\n') + '\n'
      lines = []
    }
  }
  yield lines.join('\n') + '\n'
}

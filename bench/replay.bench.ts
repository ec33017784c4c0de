/**
 * Replay with verification, without a broker: candles decoded, vectors made again, encoded, compared
 * and digested, in vectors a second of processor time; and what the rolling digest costs.
 */
import { replayFeatures } from '../processors/replay/replay-features.ts'
import { DigestChain } from '../processors/runtime/digest-chain.ts'
import type { Candle } from '../schemas/generated.ts'
import { CANDLE_MS } from '../streams/topics.ts'
import type { Benchmark } from './harness.ts'
import { replayLog } from './support/replay-log.ts'

const VECTOR_BYTES = 950
const FIRST_MS = 1_600_000_020_000

export const benchmark: Benchmark = {
  name: 'replay',
  about: 'vectors verified a second of processor time, no broker; ns of the rolling digest',
  async run(bench) {
    const log = replayLog(syntheticCandles(bench.rows))
    const vector = Buffer.alloc(VECTOR_BYTES, 7)
    await bench.repeatAll(
      { 'replay.verified': 'vectors/CPU-s', 'replay.digest': 'ns/vector' },
      async () => {
        const result = await replayFeatures({
          ...log,
          range: {
            fromMs: -Infinity,
            toMs: Infinity,
            fromOffset: 0,
            toOffset: Number.MAX_SAFE_INTEGER - 1,
            instrument: undefined,
          },
          from: 'beginning',
          signal: new AbortController().signal,
          onProgress: () => undefined,
        })
        if (result.differing > 0 || result.compared < bench.rows || result.notedDiffering > 0)
          throw new Error(`${result.differing} of ${result.compared} vectors differ`)
        return {
          'replay.verified': result.compared / result.cpuSeconds,
          'replay.digest': digestNs(vector, bench.rows),
        }
      },
    )
  },
}

function digestNs(vector: Buffer, times: number): number {
  const chain = new DigestChain('bench', 0)
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) chain.add(vector)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / times
}

/** A walk over consecutive minutes, the same at every run. */
function syntheticCandles(rows: number): Candle[] {
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let close = 5_000
  return Array.from({ length: rows }, (_, row): Candle => {
    const open = close
    close = Math.round((open + (next() - 0.5) * 2) * 100) / 100
    return {
      instrument: 'BENCH',
      openTimeMs: FIRST_MS + row * CANDLE_MS,
      open,
      high: Math.max(open, close) + 0.5,
      low: Math.min(open, close) - 0.5,
      close,
      volume: Math.floor(next() * 500),
      bidClose: null,
      askClose: null,
      bidSize: null,
      askSize: null,
      source: 'bench',
      sourceLine: row + 1,
    }
  })
}

/**
 * Records of `features.v1` to and from bytes: this project's codec, and beside it avsc alone as its
 * documentation uses it. Both write the same bytes, which is checked.
 */
import avsc from 'avsc'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import { everyInstrument } from '../processors/instruments/instruments.ts'
import { KeyedState } from '../processors/runtime/keyed-state.ts'
import type { Candle, Features } from '../schemas/generated.ts'
import { offlineCodecs, readSchema } from '../streams/codec.ts'
import { loadConfig } from '../streams/config.ts'
import { ALL_TOPICS, CANDLE_MS, candlesTopic, featuresTopic } from '../streams/topics.ts'
import { positionNoise } from '../test/support/synthetic-dataset.ts'
import type { Benchmark } from './harness.ts'

const HEADER_BYTES = 5
const ROWS_MAX = 50_000
/** Before it, features of long windows are null. */
const WARM_UP = 2_000

export const benchmark: Benchmark = {
  name: 'codec',
  about: 'records of features.v1 to and from Avro, µs of processor time each',
  async run(bench) {
    const vectors = manyVectors(Math.min(bench.rows, ROWS_MAX))
    const codec = offlineCodecs(ALL_TOPICS).of(featuresTopic)
    const plain = avsc.Type.forSchema(readSchema(featuresTopic), { wrapUnions: false })
    const encoded = vectors.map((vector) => codec.encode(vector))
    const bodies = encoded.map((bytes) => bytes.subarray(HEADER_BYTES))
    vectors.forEach((vector, row) => {
      if (!plain.toBuffer(vector).equals(bodies[row]!))
        throw new Error(`Row ${row} is written otherwise`)
    })
    const measure = (name: string, work: () => void) =>
      bench.repeat(name, 'µs', () => cpuMicrosOf(work) / vectors.length)
    await measure('codec.encode', () => vectors.forEach((vector) => codec.encode(vector)))
    await measure('peer:avsc.encode', () => vectors.forEach((vector) => plain.toBuffer(vector)))
    await measure('codec.decode', () => encoded.forEach((bytes) => codec.decode(bytes)))
    await measure('peer:avsc.decode', () => bodies.forEach((body) => void plain.fromBuffer(body)))
  },
}

function cpuMicrosOf(work: () => void): number {
  const from = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(from)
  return user + system
}

function manyVectors(rows: number): Features[] {
  const state = new KeyedState(featuresProcessor(everyInstrument(loadConfig({}))))
  const vectors: Features[] = []
  let close = 5_000
  for (let row = 0; row < rows + WARM_UP; row += 1) {
    const open = close
    close += positionNoise(row)
    const candle = candleOf(row, open, close)
    const record = { topic: candlesTopic.name, partition: 0, offset: row, value: candle }
    for (const { topic, value } of state.apply({ ...record, key: Buffer.from(candle.instrument) }))
      if (topic === featuresTopic && row >= WARM_UP) vectors.push(value as Features)
  }
  return vectors
}

const candleOf = (row: number, open: number, close: number): Candle => ({
  instrument: 'BENCH',
  openTimeMs: 1_600_000_020_000 + row * CANDLE_MS,
  open,
  high: Math.max(open, close) + 0.1,
  low: Math.min(open, close) - 0.1,
  close,
  volume: 100 + (row % 50),
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'bench',
  sourceLine: row,
})

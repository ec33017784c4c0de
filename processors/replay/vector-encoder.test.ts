/** The codec is the witness: the same bytes, vector by vector, also where a candle makes several. */
import { describe, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import { loadConfig } from '../../streams/config.ts'
import { ALL_TOPICS, CANDLE_MS, candlesTopic, featuresTopic } from '../../streams/topics.ts'
import { testSentiment } from '../../test/support/sentiments.ts'
import { featureSet } from '../features/feature-sets.ts'
import { featuresProcessor, STREAM_FEATURE_SET } from '../features/features-processor.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import { encodedVectorWriter, type MadeVector } from './vector-encoder.ts'

const FIRST = 1_700_000_040_000
const instruments = everyInstrument(loadConfig({}))
const codec = offlineCodecs(ALL_TOPICS).of(featuresTopic)
/** Minutes of the candles: a gap of two that is filled, and one that is too long for that. */
const MINUTES = [...range(0, 40), ...range(42, 90), ...range(300, 360)]

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

const candle = (minute: number): Candle => ({
  instrument: 'A',
  openTimeMs: FIRST + minute * CANDLE_MS,
  open: 100,
  high: 103,
  low: 98,
  close: 100 + ((minute * 7919) % 100) / 50,
  volume: minute % 5 === 0 ? null : minute % 7,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** What each candle makes, in order. */
function outputs(processor: ReturnType<typeof featuresProcessor>): unknown[][] {
  const states = new KeyedState(processor)
  for (const offset of range(0, 20)) {
    const value = testSentiment('A', offset, FIRST + offset * 5 * CANDLE_MS)
    states.applySide({ topic: 'sentiment', partition: 0, offset, value, key: Buffer.from('A') })
  }
  return MINUTES.map((minute, offset) => {
    const record = { topic: candlesTopic.name, partition: 0, offset, value: candle(minute) }
    return [...states.apply({ ...record, sideNextOffset: 20, key: Buffer.from('A') })]
      .filter(({ topic }) => topic === featuresTopic)
      .map(({ value }) => value)
  })
}

describe('vectors written straight from their numbers', () => {
  const set = featureSet(STREAM_FEATURE_SET)
  const made = outputs(featuresProcessor(instruments, set, encodedVectorWriter(codec)))
  const plain = outputs(featuresProcessor(instruments, set))

  it('has a candle that makes several vectors, and news', () => {
    expect(plain.some((vectors) => vectors.length === 3)).toBe(true)
    expect(plain.flat().some((vector) => ((vector as Features).values.article_count ?? 0) > 0)) //
      .toBe(true)
  })

  it('are the bytes of the codec', () => {
    expect(made.map((vectors) => vectors.length)).toEqual(plain.map((vectors) => vectors.length))
    const hexOf = (vectors: unknown[][]) =>
      vectors.flat().map((vector) => (vector as MadeVector).bytes.toString('hex'))
    expect(hexOf(made)).toEqual(
      plain.flat().map((vector) => codec.encode(vector as Features).toString('hex')),
    )
  })

  it('say whose they are and of when', () => {
    const namesOf = (vectors: unknown[][]) =>
      vectors.flat().map((vector) => {
        const { instrument, eventTimeMs } = vector as MadeVector
        return { instrument, eventTimeMs }
      })
    expect(namesOf(made)).toEqual(namesOf(plain))
  })
})

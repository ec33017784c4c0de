import { expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { ALL_TOPICS, candlesTopic } from '../../streams/topics.ts'
import { featuresProcessor } from '../features/features-processor.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import type { PublishedVector } from './published-vectors.ts'
import { replayPairs } from './replay-partition.ts'

const codecs = offlineCodecs(ALL_TOPICS)
const instruments = everyInstrument({
  maxFillMinutes: 5,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})

const candle = (minute: number): Candle => ({
  instrument: 'A',
  openTimeMs: Date.UTC(2025, 0, 6, 14, 30 + minute),
  open: 100,
  high: 101,
  low: 99,
  close: 100,
  volume: 1,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** Candles in a log of their own, nothing in any other. */
function readerOf(candles: readonly Candle[]): PartitionReader {
  const records = candles.map((value, offset): RawRecord => ({
    partition: 0,
    offset,
    timestampMs: 0,
    key: Buffer.from(value.instrument),
    value: codecs.of(candlesTopic).encode(value),
  }))
  const of = (topic: string) => (topic === candlesTopic.name ? records : [])
  return {
    endOffset: (topic: string) => Promise.resolve(of(topic).length),
    async *read(topic: string, _partition: number, from: number, to: number) {
      // Two at a time, so that batches end between candles.
      for (let at = from; at < Math.min(to, of(topic).length); at += 2)
        yield await Promise.resolve(of(topic).slice(at, at + 2))
    },
  } as unknown as PartitionReader
}

it('hands over what was never published, gap bars included, to the end of the candles', async () => {
  const pairs: [PublishedVector | undefined, number][] = []
  const candles = await replayPairs(
    {
      reader: readerOf([0, 1, 3, 4, 5].map(candle)),
      codecs,
      processor: featuresProcessor(instruments),
      partition: 0,
      range: {
        fromMs: -Infinity,
        toMs: Infinity,
        fromOffset: 0,
        toOffset: Infinity,
        instrument: undefined,
      },
      committed: 5,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
    (published, replayed) => void pairs.push([published, replayed!.openTimeMs]),
  )
  expect(candles).toBe(5)
  expect(pairs).toEqual([0, 1, 2, 3, 4, 5].map((minute) => [undefined, candle(minute).openTimeMs]))
})

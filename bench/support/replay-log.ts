/** Candles and the vectors made of them in a log in memory: what a replay reads, without a broker. */
import type { Admin } from 'kafkajs'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { everyInstrument, type Instruments } from '../../processors/instruments/instruments.ts'
import { DigestChain } from '../../processors/runtime/digest-chain.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import type { Candle, Features } from '../../schemas/generated.ts'
import { offlineCodecs, type Codecs } from '../../streams/codec.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { ALL_TOPICS, candlesTopic, featuresTopic, type Topic } from '../../streams/topics.ts'

/** As many records as a fetch of 8 MiB brings. */
const BATCH_RECORDS = 8_000

export interface ReplayLog {
  readonly reader: PartitionReader
  readonly admin: Admin
  readonly codecs: Codecs
  readonly instruments: Instruments
}

export function replayLog(candles: readonly Candle[]): ReplayLog {
  const codecs = offlineCodecs(ALL_TOPICS)
  const instruments = everyInstrument({
    maxFillMinutes: 360,
    sessionZone: 'America/New_York',
    sessionStart: '17:00',
  })
  const states = new KeyedState(featuresProcessor(instruments))
  const logs = new Map<string, RawRecord[]>()
  const chain = new DigestChain(featuresTopic.name, 0)
  const append = <Value>(topic: Topic<Value>, value: Value): Buffer => {
    const log = logs.get(topic.name) ?? []
    logs.set(topic.name, log)
    const bytes = codecs.of(topic).encode(value)
    const timestampMs = topic.eventTimeMsOf(value)
    const key = Buffer.from(topic.keyOf(value))
    log.push({ partition: 0, offset: log.length, timestampMs, key, value: bytes })
    return bytes
  }
  for (const [offset, value] of candles.entries()) {
    append(candlesTopic, value)
    const record = { topic: candlesTopic.name, partition: 0, offset, value, sideNextOffset: 0 }
    for (const made of states.apply(record))
      chain.add(append(featuresTopic, made.value as Features))
  }
  const of = (topic: string) => logs.get(topic) ?? []
  const reader = {
    endOffset: (topic: string) => Promise.resolve(of(topic).length),
    beginningOffset: () => Promise.resolve(0),
    async *read(topic: string, _partition: number, from: number, to: number) {
      const end = Math.min(to, of(topic).length)
      for (let at = from; at < end; at += BATCH_RECORDS)
        yield await Promise.resolve(of(topic).slice(at, Math.min(end, at + BATCH_RECORDS)))
    },
  }
  const partitions = [{ partition: 0, offset: String(candles.length), metadata: chain.noted() }]
  const admin = {
    fetchOffsets: ({ topics }: { topics: string[] }) =>
      Promise.resolve(topics.map((topic) => ({ topic, partitions }))),
  }
  return {
    reader: reader as unknown as PartitionReader,
    admin: admin as unknown as Admin,
    codecs,
    instruments,
  }
}

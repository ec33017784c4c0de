/**
 * Replays one partition of candles through the features processor and compares with what was
 * published, vector by vector.
 *
 *   1. candles are read from the beginning up to the offset that the live processor has committed;
 *   2. before each candle the articles are taken up to the cut in the lineage of its published vectors;
 *   3. the processor's own step makes the vectors, which must be the published ones, byte for byte.
 *
 * Only vectors in the range are compared; those before it are needed for the state.
 */
import type { Candle, Features } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { InputDecoder } from '../runtime/input-decoder.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import type { Incoming, Processor } from '../runtime/processor.ts'
import { Comparison, type PartitionResult } from './comparison.ts'
import { PublishedVectors, type PublishedVector } from './published-vectors.ts'
import { readAhead } from './read-ahead.ts'
import { SideLog } from './side-log.ts'

/** Which vectors are compared: both ends inclusive, event time in ms and offset of the candle. */
export interface ReplayRange {
  readonly fromMs: number
  readonly toMs: number
  readonly fromOffset: number
  readonly toOffset: number
  /** Unset: all. Others are not even replayed. */
  readonly instrument: string | undefined
}

export interface ReplayOptions {
  readonly reader: PartitionReader
  readonly codecs: Codecs
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever state the processor has
  readonly processor: Processor<Candle, any>
  readonly partition: number
  readonly range: ReplayRange
  /** First candle offset that the live processor has not committed. */
  readonly committed: number
  readonly signal: AbortSignal
  readonly onProgress: (candles: number) => void
}

/** @throws CandlewireError OFFSET_OUT_OF_RANGE if candles that the state needs are gone */
export async function replayPartition(options: ReplayOptions): Promise<PartitionResult> {
  const comparison = new Comparison(options.codecs.of(featuresTopic), options.partition)
  const candles = await replayPairs(options, (published, replayed) =>
    comparison.add(published, replayed),
  )
  return comparison.result(candles)
}

/** Takes a vector as published and as replayed; either may be missing. */
export type OnPair = (
  published: PublishedVector | undefined,
  replayed: Features | undefined,
) => void | Promise<void>

/**
 * Hands over every vector of the range as published and as replayed.
 *
 * @returns the candles replayed. @throws CandlewireError OFFSET_OUT_OF_RANGE, and what `onPair` throws
 */
export async function replayPairs(options: ReplayOptions, onPair: OnPair): Promise<number> {
  const { reader, codecs, processor, partition, range, committed, signal } = options
  const featuresCodec = codecs.of(featuresTopic)
  const states = new KeyedState(processor)
  const published = new PublishedVectors(
    reader.read(
      featuresTopic.name,
      partition,
      0,
      await reader.endOffset(featuresTopic.name, partition),
    ),
    featuresCodec,
  )
  const side = await sideLogOf(options, states)
  const decoder = new InputDecoder(codecs.of(processor.input) as TopicCodec<unknown>, partition)
  const isWanted = (vector: { instrument: string; eventTimeMs: number }, candleOffset: number) =>
    (range.instrument === undefined || vector.instrument === range.instrument) &&
    vector.eventTimeMs >= range.fromMs &&
    vector.eventTimeMs <= range.toMs &&
    candleOffset >= range.fromOffset &&
    candleOffset <= range.toOffset

  /** Goes past published vectors of candles before this one: nothing makes them now. */
  const skipTo = async (offset: number) => {
    for (;;) {
      if (published.isEmpty) await published.fill()
      const next = published.next
      if (next === undefined || next.candleOffset >= offset) return
      if (isWanted(next, next.candleOffset)) await onPair(next, undefined)
      published.take()
    }
  }

  async function replayCandle(record: Incoming<Candle>): Promise<void> {
    const next = published.next
    const cut = next?.candleOffset === record.offset ? next.cut : 0
    if (side?.isBefore(cut) === true) await side.takeUntil(cut)
    for (const { topic, value } of states.apply({ ...record, sideNextOffset: cut })) {
      if (topic !== featuresTopic) continue
      const vector = value as Features
      if (published.isEmpty) await published.fill()
      const match = published.next?.candleOffset === record.offset ? published.next : undefined
      const handedOver = isWanted(vector, record.offset) ? onPair(match, vector) : undefined
      if (handedOver !== undefined) await handedOver
      if (match !== undefined) published.take()
    }
  }

  let candles = 0
  try {
    for await (const batch of readAhead(
      reader.read(processor.input.name, partition, 0, committed),
    )) {
      signal.throwIfAborted()
      const { records } = await decoder.decode(batch)
      for (const record of records as readonly Incoming<Candle>[]) {
        if (published.isEmpty || isBehind(published.next, record.offset))
          await skipTo(record.offset)
        if (range.instrument === undefined || record.value.instrument === range.instrument)
          await replayCandle(record)
      }
      candles += batch.length
      options.onProgress(batch.length)
    }
    await skipTo(committed)
  } finally {
    await Promise.all([published.close(), side?.close()])
  }
  return candles
}

const isBehind = (vector: PublishedVector | undefined, offset: number): boolean =>
  vector !== undefined && vector.candleOffset < offset

async function sideLogOf<State extends object>(
  { reader, codecs, processor, partition }: ReplayOptions,
  states: KeyedState<Candle, State>,
): Promise<SideLog<Candle, State> | undefined> {
  const topic = processor.sideInput?.topic
  if (topic === undefined) return undefined
  const end = await reader.endOffset(topic.name, partition)
  const decoder = new InputDecoder(codecs.of<unknown>(topic), partition)
  return new SideLog(reader.read(topic.name, partition, 0, end), decoder, states)
}

/**
 * Replays one partition of candles through the features processor and hands over what was published
 * beside what is made now, vector by vector.
 *
 *   1. candles are read from the beginning, or from where a snapshot stands, up to the offset that the
 *      live processor has committed;
 *   2. before each candle the articles are taken up to the cut in the lineage of its published vectors;
 *   3. the processor's own step makes the vectors, which must be the published ones.
 *
 * Only vectors in the range are handed over; those before it are needed for the state.
 */
import type { Candle, Features } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { InputDecoder } from '../runtime/input-decoder.ts'
import { KeyedState, type KeySnapshot } from '../runtime/keyed-state.ts'
import type { Incoming, Processor } from '../runtime/processor.ts'
import { LineageTail } from './lineage-tail.ts'
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

/** Where a replay begins: states and the first offsets of all three logs that are not in them. */
export interface ReplayStart {
  readonly snapshots: readonly KeySnapshot[]
  readonly candleOffset: number
  readonly sideOffset: number
  /** Where in features.v1 the vectors of that candle begin, or some offset before. */
  readonly publishedOffset: number
}

export const FROM_THE_BEGINNING: ReplayStart = {
  snapshots: [],
  candleOffset: 0,
  sideOffset: 0,
  publishedOffset: 0,
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
  /** Unset: the beginning. */
  readonly start?: ReplayStart
  readonly signal: AbortSignal
  readonly onProgress: (candles: number) => void
}

/** What every kind of vector that a processor may make says of itself. */
type Made = Pick<Features, 'instrument' | 'eventTimeMs'>

/** Takes a vector as published and as replayed; either may be missing. @param candleOffset that makes it */
export type OnPair<Vector extends Made = Features> = (
  published: PublishedVector | undefined,
  replayed: Vector | undefined,
  candleOffset: number,
) => void | Promise<void>

/**
 * Hands over every vector of the range as published and as replayed.
 *
 * @returns the candles replayed.
 * @throws CandlewireError OFFSET_OUT_OF_RANGE if candles that the state needs are gone, and what `onPair` throws
 */
export async function replayPairs<Vector extends Made = Features>(
  options: ReplayOptions,
  onPair: OnPair<Vector>,
): Promise<number> {
  const { reader, codecs, processor, partition, range, committed, signal } = options
  const start = options.start ?? FROM_THE_BEGINNING
  const states = new KeyedState(processor)
  for (const snapshot of start.snapshots) states.restore(snapshot)
  const publishedEnd = await reader.endOffset(featuresTopic.name, partition)
  const published = new PublishedVectors(
    reader.read(featuresTopic.name, partition, start.publishedOffset, publishedEnd),
    codecs.of(featuresTopic),
  )
  const side = await sideLogOf(options, states, start)
  const tail = new LineageTail(partition)
  const decoder = new InputDecoder(codecs.of(processor.input) as TopicCodec<unknown>, partition)
  /** Instruments that are past the range: no later candle of theirs makes a vector in it. */
  const passed = new Set<string>()
  const isWanted = (vector: Made, candleOffset: number) =>
    candleOffset >= range.fromOffset &&
    candleOffset <= range.toOffset &&
    vector.eventTimeMs >= range.fromMs &&
    vector.eventTimeMs <= range.toMs &&
    (range.instrument === undefined || vector.instrument === range.instrument)

  /** Goes past published vectors of candles before this one: nothing makes them now. */
  const skipTo = async (offset: number) => {
    for (;;) {
      if (published.isEmpty) await published.fill()
      const next = published.next
      if (next === undefined || next.candleOffset >= offset) return
      const isBeforeStart = next.candleOffset >= 0 && next.candleOffset < start.candleOffset
      if (!isBeforeStart && isWanted(next, next.candleOffset))
        await onPair(next, undefined, next.candleOffset)
      published.take()
    }
  }

  const isOf = (vector: PublishedVector | undefined, offset: number, cut: number): boolean =>
    vector !== undefined && (tail.matches(vector, offset, cut) || vector.candleOffset === offset)

  /** @param isNext whether the next published vector is known to be of this candle and cut. */
  async function replayCandle(
    record: Incoming<Candle>,
    { cut, isNext }: { cut: number; isNext: boolean },
  ): Promise<void> {
    let isMatch = isNext
    if (side?.isBefore(cut) === true) await side.takeUntil(cut)
    for (const { topic, value } of states.apply({ ...record, sideNextOffset: cut })) {
      if (topic !== featuresTopic) continue
      const vector = value as Vector
      if (vector.eventTimeMs > range.toMs) passed.add(vector.instrument)
      if (published.isEmpty) await published.fill()
      isMatch ||= isOf(published.next, record.offset, cut)
      const match = isMatch ? published.next : undefined
      const handedOver = isWanted(vector, record.offset)
        ? onPair(match, vector, record.offset)
        : undefined
      if (handedOver !== undefined) await handedOver
      if (match !== undefined) published.take()
      isMatch = false
    }
  }

  let candles = 0
  try {
    for await (const batch of readAhead(
      reader.read(processor.input.name, partition, start.candleOffset, committed),
    )) {
      signal.throwIfAborted()
      const { records } = await decoder.decode(batch)
      for (const record of records as readonly Incoming<Candle>[]) {
        const { offset, value } = record
        if (published.isEmpty) await published.fill()
        // Mostly the next vector is of this candle and knows the articles that the last one knew.
        const known = side?.cut ?? 0
        const isNext = published.next !== undefined && tail.matches(published.next, offset, known)
        if (!isNext) await skipTo(offset)
        if (range.instrument !== undefined && value.instrument !== range.instrument) continue
        if (passed.has(value.instrument)) continue
        const next = published.next
        const cut = isNext ? known : next?.candleOffset === offset ? next.cut : 0
        await replayCandle(record, { cut, isNext })
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

async function sideLogOf<State extends object>(
  { reader, codecs, processor, partition }: ReplayOptions,
  states: KeyedState<Candle, State>,
  { sideOffset }: ReplayStart,
): Promise<SideLog<Candle, State> | undefined> {
  const topic = processor.sideInput?.topic
  if (topic === undefined) return undefined
  const end = await reader.endOffset(topic.name, partition)
  const decoder = new InputDecoder(codecs.of<unknown>(topic), partition)
  const batches = reader.read(topic.name, partition, sideOffset, end)
  return new SideLog(batches, decoder, states, sideOffset)
}

/**
 * Finds where a replay of a range may begin: the newest round of snapshots before its first candle.
 *
 * The state topic is compacted, so older rounds may have lost snapshots that newer ones replace. A
 * round is used only if every key of the topic has a snapshot in it or before it; a key that came
 * later, or was lost, sends the replay to the beginning. A state that is wrong all the same shows as a
 * difference: no choice made here can make different vectors look identical.
 */
import type { Admin } from 'kafkajs'
import type { Candle, ProcessorSnapshot } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import type { Processor } from '../runtime/processor.ts'
import { PublishedVector } from './published-vectors.ts'
import { FROM_THE_BEGINNING, type ReplayRange, type ReplayStart } from './replay-partition.ts'

export interface StartOptions {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever state the processor has
  readonly processor: Processor<Candle, any>
  readonly partition: number
  readonly range: ReplayRange
}

/** Records looked at around a place: one that somebody forged there does not decide alone. */
const PROBE_RECORDS = 33
/** Vectors read on from the place found rather than asked about one by one. */
const NEAR_ENOUGH = 4_000
const MARKER_KEY = ''

/** The nearest usable start before the range; the beginning if there is none. */
export async function snapshotStart(options: StartOptions): Promise<ReplayStart> {
  const first = await firstCandle(options)
  if (first === 0) return FROM_THE_BEGINNING
  const round = await roundBefore(options, first)
  if (round === undefined || !goesOn(options, round.snapshots)) return FROM_THE_BEGINNING
  return { ...round, publishedOffset: await publishedBefore(options, round.candleOffset) }
}

/** First candle that can make a vector of the range. */
async function firstCandle({ admin, processor, partition, range }: StartOptions): Promise<number> {
  const byOffset = Math.max(0, range.fromOffset)
  if (!Number.isFinite(range.fromMs)) return byOffset
  // Records carry event time: a vector of this time or later comes from a candle of this time or later.
  const offsets = await admin.fetchTopicOffsetsByTimestamp(processor.input.name, range.fromMs)
  const byTime = Number(offsets.find((each) => each.partition === partition)?.offset ?? 0)
  return Math.max(byOffset, byTime)
}

type Round = Omit<ReplayStart, 'publishedOffset'>

async function roundBefore(options: StartOptions, candle: number): Promise<Round | undefined> {
  const { reader, codecs, processor, partition } = options
  const { stateTopic, stateVersion } = processor
  const codec = codecs.of(stateTopic)
  const newest = new Map<string, ProcessorSnapshot>()
  let found: { round: Round; keys: number } | undefined
  const from = await reader.beginningOffset(stateTopic.name, partition)
  const to = await reader.endOffset(stateTopic.name, partition)
  for await (const records of reader.read(stateTopic.name, partition, from, to)) {
    for (const { value } of records) {
      if (value === null) continue
      await codec.prepare(value)
      const snapshot = codec.decode(value)
      if (snapshot.stateVersion !== stateVersion) continue
      if (snapshot.key !== MARKER_KEY) newest.set(snapshot.key, snapshot)
      else if (snapshot.nextOffset <= candle)
        found = { round: roundOf(snapshot, newest), keys: newest.size }
    }
  }
  return found?.keys === newest.size ? found.round : undefined
}

const roundOf = (
  { nextOffset, sideNextOffset }: ProcessorSnapshot,
  newest: ReadonlyMap<string, ProcessorSnapshot>,
): Round => ({
  snapshots: [...newest.values()].map(({ key, state }) => ({ key, state })),
  candleOffset: nextOffset,
  sideOffset: sideNextOffset ?? 0,
})

/** Whether the processor goes on with these states: other settings have it begin anew. */
function goesOn({ processor }: StartOptions, snapshots: ReplayStart['snapshots']): boolean {
  const states = new KeyedState(processor)
  try {
    return snapshots.every((snapshot) => states.restore(snapshot) === 'current')
  } catch (thrown) {
    if (thrown instanceof CandlewireError) return false
    throw thrown
  }
}

/** An offset in features.v1 at or before the first vector of a candle, by halving. */
async function publishedBefore(options: StartOptions, candleOffset: number): Promise<number> {
  const { reader, partition } = options
  let low = await reader.beginningOffset(featuresTopic.name, partition)
  let high = await reader.endOffset(featuresTopic.name, partition)
  while (high - low > NEAR_ENOUGH) {
    const middle = Math.floor((low + high) / 2)
    const there = await candleAround(options, middle)
    if (there === undefined) break
    if (there >= candleOffset) high = middle
    else low = middle
  }
  return low
}

/** The candle that most vectors from an offset on are of; undefined where none says it. */
async function candleAround(
  { reader, codecs, partition }: StartOptions,
  offset: number,
): Promise<number | undefined> {
  const codec = codecs.of(featuresTopic)
  const heads = codec.projection(['instrument', 'eventTimeMs', 'featureSetFingerprint', 'lineage'])
  const places: number[] = []
  const to = offset + PROBE_RECORDS
  for await (const records of reader.read(featuresTopic.name, partition, offset, to)) {
    for (const record of records) {
      if (!heads.knows(record.value)) await heads.prepare(record.value)
      const { candleOffset } = new PublishedVector(record, heads, undefined)
      if (candleOffset >= 0) places.push(candleOffset)
    }
  }
  return places.sort((a, b) => a - b)[Math.floor(places.length / 2)]
}

/**
 * Replays a processor of one input over a partition and compares everything it publishes, by topic and
 * partition, with what lies there.
 *
 * The live processor goes on meanwhile. How far it has committed is asked first, the ends of its
 * topics after that: so everything made from a committed input must be there, and what else is there
 * must be made by the inputs behind.
 */
import { createHash } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type { Codecs, TopicCodec } from '../../../streams/codec.ts'
import { decidedEnd } from '../../../streams/decided.ts'
import { CandlewireError } from '../../../streams/errors.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import type { Topic } from '../../../streams/topics.ts'
import { InputDecoder } from '../../runtime/input-decoder.ts'
import { KeyedState } from '../../runtime/keyed-state.ts'
import type { Incoming, Outgoing, Processor } from '../../runtime/processor.ts'
import { readAhead } from '../read-ahead.ts'
import type { ReplayRange } from '../replay-partition.ts'
import { PublishedRecords } from './published-records.ts'
import { RecordComparison } from './record-comparison.ts'
import {
  RecordTally,
  type Derived,
  type RecordDifference,
  type RecordsResult,
} from './record-tally.ts'

export interface TopicReplayOptions {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly range: ReplayRange
  readonly signal: AbortSignal
  readonly onProgress: (progress: TopicReplayProgress) => void
}

export interface TopicReplayProgress {
  readonly inputsDone: number
  readonly inputsTotal: number
  readonly compared: number
  readonly differing: number
}

export interface TopicReplayResult {
  /** Topics compared, the one that was asked for first. */
  readonly topics: readonly string[]
  readonly partitions: readonly RecordsResult[]
  /** Input records stepped. */
  readonly inputs: number
  readonly compared: number
  readonly differing: number
  readonly otherSchema: number
  /** sha256 over the digests of the partitions in order, hex. */
  readonly publishedDigest: string
  readonly replayedDigest: string
  readonly firstDifference: RecordDifference | undefined
  /** Digests that the processor noted while it published and that are those of the replay, and that are not. */
  readonly notedSame: number
  readonly notedDiffering: number
  /** What is taken from the published records and not made again, in words; empty: nothing. */
  readonly taken: string
  readonly seconds: number
}

/** Something was compared, nothing differs, and no noted digest is another one. */
export const isSame = ({ compared, differing, notedDiffering }: TopicReplayResult): boolean =>
  compared > 0 && differing === 0 && notedDiffering === 0

/** @returns a comparison that reads a partition from its first record to what is decided now */
export async function comparisonOf<Value extends Derived>(
  { reader, codecs, range }: Pick<TopicReplayOptions, 'reader' | 'codecs' | 'range'>,
  topic: Topic<Value>,
  partition: number,
  identityOf: (value: Value) => string,
): Promise<RecordComparison<Value>> {
  const codec = codecs.of(topic)
  const place = {
    partition,
    from: await reader.beginningOffset(topic.name, partition),
    to: await decidedEnd(reader, topic.name, partition),
  }
  const tally = new RecordTally({ codec, partition, range })
  const published = PublishedRecords.of(reader, codec as TopicCodec<unknown>, place)
  return new RecordComparison(tally, published, identityOf)
}

/** Of a comparison: whether something published waits for what makes it. */
type Waiting = Pick<RecordComparison<Derived>, 'hasMore'>

export interface InputReplay<In> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever state the processor has
  readonly processor: Processor<In, any>
  readonly partition: number
  /** First input offset that the live processor had not committed before the comparisons were opened. */
  readonly committed: number
  /** Every comparison that may still wait for what a later input makes. */
  readonly comparisons: readonly Waiting[]
  readonly take: (output: Outgoing, isAhead: boolean) => Promise<void>
  readonly signal: AbortSignal
  readonly onProgress: (inputs: number) => void
}

/**
 * Steps the input from its first record to the committed offset, and on as long as something that was
 * published has not been made.
 *
 * @returns the input records stepped
 * @throws CandlewireError OFFSET_OUT_OF_RANGE if the beginning of the input is gone
 */
export async function replayInput<In>(
  { reader, codecs }: Pick<TopicReplayOptions, 'reader' | 'codecs'>,
  { processor, partition, committed, comparisons, take, signal, onProgress }: InputReplay<In>,
): Promise<number> {
  const { input, finish } = processor
  const states = new KeyedState(processor)
  const decoder = new InputDecoder(codecs.of(input) as TopicCodec<unknown>, partition)
  const end = await reader.endOffset(input.name, partition)
  let inputs = 0
  for await (const batch of readAhead(reader.read(input.name, partition, 0, end))) {
    signal.throwIfAborted()
    if (batch[0]!.offset >= committed && !(await anyHasMore(comparisons))) break
    const { records } = await decoder.decode(batch)
    for (const record of records as readonly Incoming<In>[]) {
      const stepped = states.apply(record)
      const outputs = finish === undefined ? stepped : await finish(stepped)
      for (const output of outputs) await take(output, record.offset >= committed)
    }
    inputs += batch.length
    onProgress(batch.length)
  }
  return inputs
}

async function anyHasMore(comparisons: readonly Waiting[]): Promise<boolean> {
  for (const comparison of comparisons) if (await comparison.hasMore()) return true
  return false
}

/** @throws CandlewireError NOT_FOUND if the processor has committed nothing */
export function requireCommitted(committed: number, groupId: string): void {
  if (committed > 0) return
  throw new CandlewireError('NOT_FOUND', `${groupId} has not processed anything yet`)
}

export interface TopicSummary {
  readonly inputs: number
  readonly notedSame?: number
  readonly notedDiffering?: number
  readonly taken?: string
  readonly startedAt: number
}

export function summaryOf(
  partitions: readonly RecordsResult[],
  { inputs, notedSame = 0, notedDiffering = 0, taken = '', startedAt }: TopicSummary,
): TopicReplayResult {
  const sum = (of: (result: RecordsResult) => number) =>
    partitions.reduce((total, result) => total + of(result), 0)
  const digest = (of: (result: RecordsResult) => string) =>
    createHash('sha256').update(partitions.map(of).join('\n')).digest('hex')
  return {
    topics: [...new Set(partitions.map(({ topic }) => topic))],
    partitions,
    inputs,
    compared: sum((result) => result.compared),
    differing: sum((result) => result.differing),
    otherSchema: sum((result) => result.otherSchema),
    publishedDigest: digest((result) => result.publishedDigest),
    replayedDigest: digest((result) => result.replayedDigest),
    firstDifference: partitions.find((result) => result.firstDifference)?.firstDifference,
    notedSame,
    notedDiffering,
    taken,
    seconds: (performance.now() - startedAt) / 1000,
  }
}

/**
 * Reads `examples.v1` up to the end offsets at the start, all partitions, committed records only.
 *
 * The bound makes the run repeatable: the offset ranges in the lineage say exactly which records a
 * model was made from, and records that arrive meanwhile belong to the next run.
 */
import type { Lineage } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import type { Example } from '../../schemas/generated.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { examplesTopic } from '../../streams/topics.ts'
import type { SetReference } from '../../processors/features/feature-sets.ts'
import type { ExampleSpool } from './example-spool.ts'

export interface ReadOptions {
  /** The feature set to train on; examples that do not carry it are counted, not used. */
  readonly wanted: SetReference
  /** Only this instrument; all if not given. */
  readonly instrument?: string | undefined
  /** Read these offsets, those of a manifest; unset: all up to the end offsets at the start. */
  readonly ranges?: readonly Lineage[] | undefined
  /** Records read so far and at most to read. */
  readonly onProgress: (done: number, total: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * @returns the offset ranges read, empty partitions left out.
 * @throws CandlewireError TRAINING_STOPPED, OFFSET_OUT_OF_RANGE for a range that is not in the log
 */
export async function readExamples(
  reader: PartitionReader,
  codecs: Codecs,
  spool: ExampleSpool,
  options: ReadOptions,
): Promise<readonly Lineage[]> {
  const codec = codecs.of(examplesTopic)
  const ranges = options.ranges ?? (await boundsOf(reader))
  const total = ranges.reduce((sum, { fromOffset, toOffset }) => sum + toOffset - fromOffset + 1, 0)
  let before = 0
  for (const { partition, fromOffset, toOffset } of ranges) {
    for await (const records of reader.read(
      examplesTopic.name,
      partition,
      fromOffset,
      toOffset + 1,
    )) {
      if (options.signal?.aborted === true)
        throw new CandlewireError('TRAINING_STOPPED', 'Training was cancelled')
      for (const record of records) await addRecord(codec, spool, record, options)
      options.onProgress(before + (records.at(-1)?.offset ?? fromOffset) - fromOffset + 1, total)
    }
    before += toOffset - fromOffset + 1
  }
  return ranges
}

async function boundsOf(reader: PartitionReader): Promise<Lineage[]> {
  const topic = examplesTopic.name
  const ranges: Lineage[] = []
  for (const partition of await reader.partitions(topic)) {
    const fromOffset = await reader.beginningOffset(topic, partition)
    const toOffset = (await reader.endOffset(topic, partition)) - 1
    if (toOffset >= fromOffset) ranges.push({ topic, partition, fromOffset, toOffset })
  }
  return ranges
}

async function addRecord(
  codec: TopicCodec<Example>,
  spool: ExampleSpool,
  record: RawRecord,
  options: ReadOptions,
): Promise<void> {
  const [instrument = '', openTimeMs = ''] = (record.key?.toString('utf8') ?? '').split('@')
  if (options.instrument !== undefined && instrument !== options.instrument) return
  if (record.value === null) {
    await spool.addDeleted(instrument, Number(openTimeMs))
    return
  }
  if (!codec.knows(record.value)) await codec.prepare(record.value)
  await spool.add(codec.decode(record.value), options.wanted)
}

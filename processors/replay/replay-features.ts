/**
 * Replays every partition of candles and says whether features.v1 is what the inputs make, and whether
 * the digest that the processor noted while it published is the digest of what is made now.
 */
import { createHash } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { featureSet } from '../features/feature-sets.ts'
import { featuresProcessor, STREAM_FEATURE_SET } from '../features/features-processor.ts'
import type { Instruments } from '../instruments/instruments.ts'
import { DigestChain } from '../runtime/digest-chain.ts'
import type { Processor } from '../runtime/processor.ts'
import { groupIdOf } from '../runtime/work.ts'
import { Comparison, type Difference, type PartitionResult } from './comparison.ts'
import {
  FROM_THE_BEGINNING,
  replayPairs,
  type ReplayRange,
  type ReplayStart,
} from './replay-partition.ts'
import { snapshotStart } from './snapshot-start.ts'
import { encodedVectorWriter, type MadeVector } from './vector-encoder.ts'

export interface ReplayProgress {
  readonly candlesDone: number
  readonly candlesTotal: number
  readonly compared: number
  readonly differing: number
}

/** The digest that the processor noted beside its committed offset, and what the replay says of it. */
export interface NotedDigest {
  readonly partition: number
  /** Records in it. */
  readonly records: number
  readonly digest: string
  /** Of the replayed vectors; null where the replay was not of all that is in the noted one. */
  readonly replayed: string | null
}

export interface ReplayResult {
  readonly partitions: readonly PartitionResult[]
  readonly candles: number
  readonly compared: number
  readonly differing: number
  readonly otherFeatures: number
  /** sha256 over the digests of the partitions in order, hex. */
  readonly publishedDigest: string
  readonly replayedDigest: string
  readonly firstDifference: Difference | undefined
  /** Event times compared; null of nothing. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly noted: readonly NotedDigest[]
  /** Of the noted digests, those that are not the replayed ones. */
  readonly notedDiffering: number
  readonly seconds: number
  /** Processor time of this process, all threads, in s. */
  readonly cpuSeconds: number
}

export interface ReplayFeaturesOptions {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly instruments: Instruments
  readonly range: ReplayRange
  /** 'snapshot': from the nearest before the range; 'beginning': from the first candle. */
  readonly from: 'snapshot' | 'beginning'
  readonly signal: AbortSignal
  readonly onProgress: (progress: ReplayProgress) => void
}

interface Committed {
  readonly partition: number
  readonly committed: number
  readonly noted: DigestChain | undefined
}

/** @throws CandlewireError NOT_FOUND if nothing was ever published, OFFSET_OUT_OF_RANGE */
export async function replayFeatures(options: ReplayFeaturesOptions): Promise<ReplayResult> {
  const { codecs, instruments, range } = options
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const codec = codecs.of(featuresTopic)
  const set = featureSet(STREAM_FEATURE_SET)
  const processor = featuresProcessor(instruments, set, encodedVectorWriter(codec))
  const work: Part[] = []
  for (const place of await committedOffsets({ ...options, processor })) {
    const { partition } = place
    const start =
      options.from === 'beginning'
        ? FROM_THE_BEGINNING
        : await snapshotStart({ ...options, processor, partition })
    const end = Math.min(place.committed, range.toOffset + 1)
    work.push({ ...place, start, end, range, comparison: new Comparison(codec, partition) })
  }
  if (work.every(({ committed }) => committed === 0))
    throw new CandlewireError('NOT_FOUND', `${groupIdOf(processor)} has not processed anything yet`)
  const candlesTotal = work.reduce(
    (sum, { start, end }) => sum + Math.max(0, end - start.candleOffset),
    0,
  )
  let candlesDone = 0
  const partitions: PartitionResult[] = []
  const noted: NotedDigest[] = []
  for (const part of work) {
    const { partition, end, start, comparison } = part
    const sinceNoted = laterChain(part)
    const candles = await replayPairs<MadeVector>(
      {
        ...options,
        processor,
        partition,
        start,
        committed: end,
        onProgress: (more) => {
          candlesDone += more
          options.onProgress({ candlesDone, candlesTotal, ...scoreOf(work) })
        },
      },
      (published, made, candleOffset) => {
        comparison.add(published, made, candleOffset)
        if (made !== undefined && sinceNoted !== undefined && candleOffset >= sinceNoted.from)
          sinceNoted.add(made.bytes)
      },
    )
    const result = comparison.result(candles)
    partitions.push(result)
    if (part.noted !== undefined) noted.push(notedResult(part, result, sinceNoted))
  }
  const cpu = process.cpuUsage(cpuBefore)
  return {
    ...summary(partitions),
    noted,
    notedDiffering: noted.filter(({ digest, replayed }) => replayed !== null && replayed !== digest)
      .length,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  }
}

interface Part extends Committed {
  readonly start: ReplayStart
  readonly end: number
  readonly comparison: Comparison
  readonly range: ReplayRange
}

/** Whether the replay makes all that the noted chain holds. */
function makesNoted({ noted, committed, end, start, range }: Part): boolean {
  return (
    noted !== undefined &&
    end === committed &&
    start.candleOffset <= noted.from &&
    range.fromOffset <= noted.from &&
    range.fromMs === -Infinity &&
    range.toMs === Infinity &&
    range.instrument === undefined
  )
}

/** A chain of what was made since the noted one began; not where that is the beginning of all. */
function laterChain(part: Part): DigestChain | undefined {
  const { noted } = part
  if (noted === undefined || noted.from === 0 || !makesNoted(part)) return undefined
  return new DigestChain(noted.topic, noted.from)
}

function notedResult(
  part: Part,
  { otherFeatures, replayedDigest }: PartitionResult,
  sinceNoted: DigestChain | undefined,
): NotedDigest {
  const { partition } = part
  const { records, digest, from } = part.noted!
  const ofAll = from === 0 && otherFeatures === 0 && makesNoted(part) ? replayedDigest : null
  return { partition, records, digest, replayed: sinceNoted?.digest ?? ofAll }
}

function scoreOf(work: readonly Part[]) {
  let [compared, differing] = [0, 0]
  for (const { comparison } of work) {
    compared += comparison.score.compared
    differing += comparison.score.differing
  }
  return { compared, differing }
}

function summary(partitions: readonly PartitionResult[]) {
  const sum = (of: (result: PartitionResult) => number) =>
    partitions.reduce((total, result) => total + of(result), 0)
  const times = partitions.filter(({ fromMs }) => !Number.isNaN(fromMs))
  return {
    partitions,
    candles: sum((result) => result.candles),
    compared: sum((result) => result.compared),
    differing: sum((result) => result.differing),
    otherFeatures: sum((result) => result.otherFeatures),
    publishedDigest: digestOf(partitions.map((result) => result.publishedDigest)),
    replayedDigest: digestOf(partitions.map((result) => result.replayedDigest)),
    firstDifference: partitions.find((result) => result.firstDifference)?.firstDifference,
    fromMs: times.length === 0 ? null : Math.min(...times.map(({ fromMs }) => fromMs)),
    toMs: times.length === 0 ? null : Math.max(...times.map(({ toMs }) => toMs)),
  }
}

const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex')

/** How far the live processor is: what lies behind has not been published yet. */
export async function committedOffsets({
  admin,
  processor,
}: {
  readonly admin: Admin
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever it takes and keeps
  readonly processor: Pick<Processor<any, any>, 'name' | 'input'>
}): Promise<Committed[]> {
  const topics = [processor.input.name]
  const [answer] = await admin.fetchOffsets({ groupId: groupIdOf(processor), topics })
  return (answer?.partitions ?? [])
    .map(({ partition, offset, metadata }) => ({
      partition,
      committed: Math.max(0, Number(offset)),
      noted: DigestChain.read(metadata),
    }))
    .sort((a, b) => a.partition - b.partition)
}

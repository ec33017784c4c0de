/** Replays every partition of candles and says whether features.v1 is what the inputs make. */
import { createHash } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type { Candle } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { Processor } from '../runtime/processor.ts'
import { groupIdOf } from '../runtime/work.ts'
import type { Difference, PartitionResult } from './comparison.ts'
import { replayPartition, type ReplayRange } from './replay-partition.ts'

export interface ReplayProgress {
  readonly candlesDone: number
  readonly candlesTotal: number
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
  readonly seconds: number
}

export interface ReplayFeaturesOptions {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever state the processor has
  readonly processor: Processor<Candle, any>
  readonly range: ReplayRange
  readonly signal: AbortSignal
  readonly onProgress: (progress: ReplayProgress) => void
}

/** @throws CandlewireError NOT_FOUND if nothing was ever published, OFFSET_OUT_OF_RANGE */
export async function replayFeatures(options: ReplayFeaturesOptions): Promise<ReplayResult> {
  const { processor, range, onProgress } = options
  const startedAt = performance.now()
  const ends = await committedOffsets(options)
  const candlesTotal = ends.reduce((sum, { committed }) => sum + committed, 0)
  let candlesDone = 0
  const partitions: PartitionResult[] = []
  for (const { partition, committed } of ends) {
    const result = await replayPartition({
      ...options,
      partition,
      committed: Math.min(committed, range.toOffset + 1),
      onProgress: (candles) => {
        candlesDone += candles
        onProgress({ candlesDone, candlesTotal })
      },
    })
    partitions.push(result)
  }
  if (candlesTotal === 0)
    throw new CandlewireError('NOT_FOUND', `${groupIdOf(processor)} has not processed anything yet`)
  const sum = (of: (result: PartitionResult) => number) =>
    partitions.reduce((total, result) => total + of(result), 0)
  return {
    partitions,
    candles: sum((result) => result.candles),
    compared: sum((result) => result.compared),
    differing: sum((result) => result.differing),
    otherFeatures: sum((result) => result.otherFeatures),
    publishedDigest: digestOf(partitions.map((result) => result.publishedDigest)),
    replayedDigest: digestOf(partitions.map((result) => result.replayedDigest)),
    firstDifference: partitions.find((result) => result.firstDifference)?.firstDifference,
    seconds: (performance.now() - startedAt) / 1000,
  }
}

const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex')

/** How far the live processor is: what lies behind has not been published yet. */
export async function committedOffsets({
  admin,
  processor,
}: Pick<ReplayFeaturesOptions, 'admin' | 'processor'>) {
  const topics = [processor.input.name]
  const [answer] = await admin.fetchOffsets({ groupId: groupIdOf(processor), topics })
  return (answer?.partitions ?? [])
    .map(({ partition, offset }) => ({ partition, committed: Math.max(0, Number(offset)) }))
    .sort((a, b) => a.partition - b.partition)
}

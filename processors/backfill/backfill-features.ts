/**
 * Gives the history of a new feature its values, while the live stream goes on.
 *
 *   1. Every published vector of the range is made again from candles.v1 and sentiment.v1 by the
 *      processor's own code, with the articles that it knew, as `candlewire replay` does it.
 *   2. What it was published with must come out again to the last bit; the first difference refuses
 *      the whole backfill before anything is written.
 *   3. In a second pass the rows in ClickHouse get what they lack (`feature-rows.ts`).
 *
 * Kafka is not written: a published vector is never changed.
 */
import type { Admin } from 'kafkajs'
import type { Candle, Features } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import type { PublishedVector } from '../replay/published-vectors.ts'
import { committedOffsets } from '../replay/replay-features.ts'
import { replayPairs, type OnPair, type ReplayRange } from '../replay/replay-partition.ts'
import type { Processor } from '../runtime/processor.ts'
import type { ClickHouse } from '../sinks/clickhouse/client.ts'
import { FeatureRows } from './feature-rows.ts'
import { filledVector, requireSame } from './filled-vector.ts'
import { PublishedFeatures } from './published-features.ts'

export interface BackfillOptions {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly store: ClickHouse
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever state the processor has
  readonly processor: Processor<Candle, any>
  readonly range: Omit<ReplayRange, 'fromOffset' | 'toOffset'>
  /** Unset: all that a vector lacks. */
  readonly features: readonly string[] | undefined
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onProgress: (progress: BackfillProgress) => void
}

export interface BackfillProgress {
  readonly phase: 'checking' | 'filling'
  readonly candlesDone: number
  readonly candlesTotal: number
}

export interface BackfillResult {
  /** Vectors of the range that were checked. */
  readonly checked: number
  /** Of these, those that lack features. */
  readonly lacking: number
  /** Rows written; those that were complete are not. */
  readonly filled: number
  /** Features that some vector lacked. */
  readonly features: readonly string[]
}

/** @throws CandlewireError BACKFILL_DIFFERS, NOT_FOUND, OFFSET_OUT_OF_RANGE, STORE_FAILED */
export async function backfillFeatures(options: BackfillOptions): Promise<BackfillResult> {
  const ends = await committedOffsets(options)
  const candlesTotal = ends.reduce((sum, { committed }) => sum + committed, 0)
  if (candlesTotal === 0)
    throw new CandlewireError('NOT_FOUND', 'Nothing has been published yet, so nothing is missing')
  const features = options.features === undefined ? undefined : new Set(options.features)
  const rows = new FeatureRows({ ...options, features })
  const published = new PublishedFeatures(options.codecs.of(featuresTopic))
  const missing = new Set<string>()
  const counts = { checked: 0, lacking: 0 }

  async function replayAll(
    phase: BackfillProgress['phase'],
    work: (pair: Pair, partition: number) => void | Promise<void>,
  ): Promise<void> {
    let candlesDone = 0
    for (const { partition, committed } of ends) {
      await replayPairs(
        {
          ...options,
          range: { ...options.range, fromOffset: 0, toOffset: Number.MAX_SAFE_INTEGER },
          partition,
          committed,
          onProgress: (candles) =>
            options.onProgress({ phase, candlesDone: (candlesDone += candles), candlesTotal }),
        },
        onPair(options.codecs, published, (pair) => work(pair, partition)),
      )
    }
  }

  await replayAll('checking', ({ was, is, carried }) => {
    requireSame(was, is, carried)
    counts.checked += 1
    const lacks = Object.keys(is.values).filter(
      (name) => !carried.has(name) && (features === undefined || features.has(name)),
    )
    if (lacks.length > 0) counts.lacking += 1
    for (const name of lacks) missing.add(name)
  })
  if (counts.lacking > 0)
    await replayAll('filling', ({ was, is, carried, offset }, partition) => {
      const vector = filledVector(was, is, { carried, features })
      return carried.size < Object.keys(is.values).length
        ? rows.add({ vector, partition, offset })
        : undefined
    })
  await rows.flush()
  return { ...counts, filled: rows.written, features: [...missing] }
}

interface Pair {
  readonly was: Features
  readonly is: Features
  /** Features that the published one carries. */
  readonly carried: ReadonlySet<string>
  /** Of the published one. */
  readonly offset: number
}

/** A vector that only one side has is a difference like any other. */
function onPair(
  codecs: Codecs,
  features: PublishedFeatures,
  work: (pair: Pair) => void | Promise<void>,
): OnPair {
  const codec = codecs.of(featuresTopic)
  return async (published: PublishedVector | undefined, replayed: Features | undefined) => {
    if (published === undefined || replayed === undefined) {
      const { instrument, eventTimeMs } = (published ?? replayed)!
      const what = published === undefined ? 'was not published' : 'is not made by the inputs'
      throw new CandlewireError(
        'BACKFILL_DIFFERS',
        `${instrument}: the vector of ${new Date(eventTimeMs).toISOString()} ${what}`,
      )
    }
    if (!codec.knows(published.bytes)) await codec.prepare(published.bytes)
    const was = codec.decode(published.bytes)
    const carried = await features.of(published.bytes, was)
    await work({ was, is: replayed, carried, offset: published.offset })
  }
}

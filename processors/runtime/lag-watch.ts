/**
 * How far partitions are behind, looked up every few seconds beside the work: in records against the
 * last stable offset, and in event time against the newest record that lies in the log.
 *
 * Against the log and not against the clock, because the same pipeline replays years of history: a
 * clock would say years, of a processor that is exactly as far as its input. What a live market is
 * behind the clock shows in the newest event time itself.
 */
import { messageOf } from '../../streams/errors.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { AnyTopic } from '../../streams/topics.ts'

export interface WatchedPartition {
  readonly topic: AnyTopic
  readonly partition: number
  /** Next offset to process. */
  readonly position: number
  /** Of the newest record processed since the start; undefined before the first. */
  readonly processedEventTimeMs: number | undefined
}

export interface PartitionLag {
  readonly topic: AnyTopic
  readonly partition: number
  readonly records: number
  /** Undefined if the end of the log shows no event time. */
  readonly eventTimeSeconds: number | undefined
  readonly processedEventTimeMs: number | undefined
}

export interface LagWatchOptions {
  readonly reader: Pick<PartitionReader, 'endOffset' | 'read'>
  readonly codecs: Codecs
  readonly logger: Logger
  readonly watched: () => Iterable<WatchedPartition>
  readonly report: (lags: readonly PartitionLag[]) => void
  /** Between two looks, in ms; shorter in tests. */
  readonly everyMs?: number
}

const EVERY_MS = 5_000
/** A batch of articles may end in some markers; records behind are then counted, not estimated. */
const TAIL_OFFSETS = 16

export class LagWatch {
  private readonly options: LagWatchOptions
  private timer: NodeJS.Timeout | undefined
  private looking: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(options: LagWatchOptions) {
    this.options = options
  }

  start(): void {
    if (this.stopped) return
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => this.start())
    }, this.options.everyMs ?? EVERY_MS).unref()
  }

  /** Resolves when no look is on its way. */
  async stop(): Promise<void> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.looking
  }

  /** One look at all partitions; one that fails is left as it was reported last. */
  async look(): Promise<void> {
    const { watched, report, logger } = this.options
    const lags: PartitionLag[] = []
    for (const each of watched()) {
      if (this.stopped) return
      try {
        lags.push(await this.lagOf(each))
      } catch (thrown) {
        const { topic, partition } = each
        logger.debug(
          { topic: topic.name, partition, cause: messageOf(thrown) },
          'Looking for the lag failed',
        )
      }
    }
    if (!this.stopped) report(lags)
  }

  private async lagOf(watched: WatchedPartition): Promise<PartitionLag> {
    const { topic, partition, position, processedEventTimeMs } = watched
    const { reader, codecs } = this.options
    const end = await reader.endOffset(topic.name, partition)
    const answer = (records: number, eventTimeSeconds: number | undefined): PartitionLag => ({
      topic,
      partition,
      records,
      eventTimeSeconds,
      processedEventTimeMs,
    })
    if (end <= position) return answer(0, 0)
    const from = Math.max(position, end - TAIL_OFFSETS)
    let seen = 0
    let newest: Buffer | undefined
    for await (const batch of reader.read(topic.name, partition, from, end)) {
      seen += batch.length
      newest = batch.findLast(({ value }) => value !== null)?.value ?? newest
    }
    // What lies behind may be nothing but markers: then all is processed.
    const records = from === position ? seen : end - position
    if (records === 0) return answer(0, 0)
    if (newest === undefined) return answer(records, undefined)
    const codec = codecs.of<unknown>(topic)
    if (!codec.knows(newest)) await codec.prepare(newest)
    const available = topic.eventTimeMsOf(codec.decode(newest))
    return answer(records, secondsBetween(processedEventTimeMs, available))
  }
}

/** Topics without event times carry 0. */
function secondsBetween(processedMs: number | undefined, availableMs: number): number | undefined {
  if (processedMs === undefined || processedMs <= 0 || availableMs <= 0) return undefined
  return Math.max(0, (availableMs - processedMs) / 1_000)
}

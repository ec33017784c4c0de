/**
 * Follows every partition of a topic from near its end, for showing: committed records only, in the
 * order of each partition. Work is done in slices with a breath in between, so that a backlog of
 * thousands of records does not hold up a request.
 */
import { setImmediate as breath, setTimeout as delay } from 'node:timers/promises'
import type { TopicCodec } from '../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'

export type Reader = Pick<
  PartitionReader,
  'follow' | 'partitions' | 'endOffset' | 'beginningOffset'
>

export interface TailOptions {
  readonly reader: Reader
  readonly topic: string
  /** Offsets before the end at which to begin, per partition. */
  readonly backlog: number
  readonly handle: (record: RawRecord) => void | Promise<void>
  readonly logger: Logger
  /** Told where each partition is begun, before any of its records. */
  readonly onBegin?: (partition: number, offset: number) => void
  /** Told of offsets that were gone before they could be read. */
  readonly onGap?: (partition: number, from: number, to: number) => void
}

/** About a millisecond of decoding vectors. */
const SLICE_RECORDS = 100
const RETRY_MS = 1_000

export class TopicTail {
  /** Records read since the start. */
  read = 0
  /** Offsets that lie before where this tail began: about as many records. */
  before = 0
  private readonly options: TailOptions
  private readonly ends = new Map<number, number>()
  private readonly abort = new AbortController()
  private running: Promise<unknown> = Promise.resolve()

  constructor(options: TailOptions) {
    this.options = options
  }

  /** Resolves when the starting offsets are fixed: every later record is seen. */
  async start(): Promise<void> {
    const { reader, topic, backlog } = this.options
    const starts = await Promise.all(
      (await reader.partitions(topic)).map(async (partition) => {
        const beginning = await reader.beginningOffset(topic, partition)
        const end = await reader.endOffset(topic, partition)
        const from = Math.max(beginning, end - backlog)
        this.ends.set(partition, end)
        this.before += from - beginning
        this.options.onBegin?.(partition, from)
        return { partition, from }
      }),
    )
    this.running = Promise.all(
      starts.map(({ partition, from }) => this.followForEver(partition, from)),
    )
  }

  /** Where a partition ended at the start: records before that are backlog. */
  endAtStart(partition: number): number {
    return this.ends.get(partition) ?? 0
  }

  async stop(): Promise<void> {
    this.abort.abort()
    await this.running
  }

  private async followForEver(partition: number, from: number): Promise<void> {
    const { reader, topic, logger } = this.options
    const { signal } = this.abort
    let position = from
    while (!signal.aborted) {
      try {
        for await (const records of reader.follow(topic, partition, position, signal)) {
          for (const record of records) {
            if (signal.aborted) return
            await this.options.handle(record)
            position = record.offset + 1
            this.read += 1
            if (this.read % SLICE_RECORDS === 0) await breath()
          }
        }
      } catch (thrown) {
        logger.warn(
          { topic, partition, position, cause: messageOf(thrown) },
          'Following a topic failed and starts again',
        )
        if (thrown instanceof CandlewireError && thrown.code === 'OFFSET_OUT_OF_RANGE') {
          const from = position
          position = await reader.beginningOffset(topic, partition).catch(() => position)
          if (position !== from) this.options.onGap?.(partition, from, position)
        }
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}

/** Wraps a handler of values: what cannot be decoded is left out, since its consumer reports it. */
export function decoded<Value>(
  codec: TopicCodec<Value>,
  logger: Logger,
  handle: (value: Value, record: RawRecord) => void,
): (record: RawRecord) => Promise<void> | void {
  const decode = (record: RawRecord): void => {
    let value: Value
    try {
      value = codec.decode(record.value)
    } catch (thrown) {
      const { partition, offset } = record
      logger.debug(
        { topic: codec.topic.name, partition, offset, cause: messageOf(thrown) },
        'A record is unreadable and not shown',
      )
      return
    }
    handle(value, record)
  }
  return (record) => {
    if (codec.knows(record.value)) return decode(record)
    return codec.prepare(record.value).then(() => decode(record))
  }
}

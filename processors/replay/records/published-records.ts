/** The records of one partition as they were published, in order, with a bounded look ahead. */
import type { TopicCodec } from '../../../streams/codec.ts'
import { CandlewireError } from '../../../streams/errors.ts'
import type { PartitionReader, RawRecord } from '../../../streams/partition-reader.ts'
import { readAhead } from '../read-ahead.ts'

export class PublishedRecords {
  private readonly batches: AsyncGenerator<RawRecord[]>
  private readonly codec: TopicCodec<unknown>
  private readonly waiting: RawRecord[] = []
  private ended = false

  constructor(batches: AsyncIterable<RawRecord[]>, codec: TopicCodec<unknown>) {
    this.batches = readAhead(batches)
    this.codec = codec
  }

  /** From the beginning of a partition to an end offset that was decided. */
  static of(
    reader: Pick<PartitionReader, 'read'>,
    codec: TopicCodec<unknown>,
    { partition, from, to }: { partition: number; from: number; to: number },
  ): PublishedRecords {
    return new PublishedRecords(reader.read(codec.topic.name, partition, from, to), codec)
  }

  /** Those looked at so far; the first is the next. */
  get ahead(): readonly RawRecord[] {
    return this.waiting
  }

  /** Looks ahead until there are `count` records or no more. @throws CandlewireError SERVICE_NOT_READY */
  async fill(count: number): Promise<void> {
    while (this.waiting.length < count && !this.ended) {
      const step = await this.batches.next()
      if (step.done === true) this.ended = true
      else
        for (const record of step.value) {
          await this.prepare(record)
          this.waiting.push(record)
        }
    }
  }

  /** Goes past the next record. */
  take(): RawRecord {
    return this.waiting.shift()!
  }

  async close(): Promise<void> {
    await this.batches.return(undefined)
  }

  /** A schema that nobody knows makes a record unreadable; that is found when it is read. */
  private async prepare({ value }: RawRecord): Promise<void> {
    if (this.codec.knows(value)) return
    try {
      await this.codec.prepare(value)
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError) || thrown.retryable) throw thrown
    }
  }
}

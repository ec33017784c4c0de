/**
 * The newest records of all sources in the order in which this server saw them: who was away for a
 * moment is served from here, without asking Kafka. Bounded in records and in bytes.
 */
import type { AnySource } from './stream-source.ts'
import type { StreamMessage } from './stream-message.ts'
import { copyPosition, emptyPosition, type StreamPosition } from './stream-position.ts'

export interface StreamRecord {
  /** Index in STREAM_SOURCES. */
  readonly source: number
  readonly type: string
  readonly instrument: string
  readonly partition: number
  readonly offset: number
  /** Of the encoded record. */
  readonly bytes: number
  readonly body: () => object
  /** As for a client that stands where this server stands after it. */
  readonly message: StreamMessage
  /** Where this server stands after it. */
  readonly position: StreamPosition
}

export const bodyOf = (
  source: AnySource,
  value: unknown,
  place: { readonly partition: number; readonly offset: number },
): object => ({
  ...source.show(value),
  partition: place.partition,
  offset: place.offset,
})

/** Minutes of a fast replay, hours of live minutes; about 12 MB decoded at most. */
const RECORDS_MAX = 4_096
const BYTES_MAX = 8 * 1024 * 1024

export class RecentRecords {
  /** Number of the oldest record that is kept, counted from the start of the server. */
  first = 0
  /** Where a client has to stand at least to be served from here. */
  start: StreamPosition = emptyPosition()
  private readonly records: (StreamRecord | undefined)[] = []
  private readonly recordsMax: number
  private bytes = 0

  constructor(recordsMax = RECORDS_MAX) {
    this.recordsMax = recordsMax
  }

  /** Number of the next record. */
  get next(): number {
    return this.first + this.count
  }

  private count = 0

  add(record: StreamRecord): void {
    this.records[this.next % this.recordsMax] = record
    this.count += 1
    this.bytes += record.bytes
    while (this.count >= this.recordsMax || (this.bytes > BYTES_MAX && this.count > 1))
      this.forgetOldest()
  }

  at(number: number): StreamRecord | undefined {
    return number >= this.first && number < this.next
      ? this.records[number % this.recordsMax]
      : undefined
  }

  /** Nothing before this is here any more. */
  forgetAll(now: StreamPosition): void {
    while (this.count > 0) this.forgetOldest()
    this.start = copyPosition(now)
  }

  private forgetOldest(): void {
    const oldest = this.records[this.first % this.recordsMax]
    this.records[this.first % this.recordsMax] = undefined
    this.first += 1
    this.count -= 1
    if (oldest === undefined) return
    this.bytes -= oldest.bytes
    this.start = oldest.position
  }
}

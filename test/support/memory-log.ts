/** Partitions in memory, for what reads history: with a beginning that retention moves. */
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import type { Topic } from '../../streams/topics.ts'
import type { HistoryReader } from '../../serving/streaming/catch-up.ts'

const BATCH = 50

export class MemoryLog implements HistoryReader {
  reads = 0
  private readonly codecs: Codecs
  private readonly logs = new Map<string, RawRecord[]>()
  private readonly beginnings = new Map<string, number>()

  constructor(codecs: Codecs) {
    this.codecs = codecs
  }

  append<Value>(topic: Topic<Value>, partition: number, value: Value): RawRecord {
    const log = this.logOf(topic.name, partition)
    const record = {
      partition,
      offset: log.length,
      timestampMs: 0,
      key: null,
      value: this.codecs.of(topic).encode(value),
    }
    log.push(record)
    return record
  }

  /** Retention deletes everything before this offset. */
  forget(topic: string, partition: number, before: number): void {
    this.beginnings.set(`${topic}/${partition}`, before)
  }

  /** Those that have something, or the first of a topic that has nothing. */
  partitions(topic: string): Promise<number[]> {
    const found = [...this.logs.keys()].filter((name) => name.startsWith(`${topic}/`))
    const numbers = found.map((name) => Number(name.slice(topic.length + 1)))
    return Promise.resolve(numbers.length === 0 ? [0] : numbers.sort((a, b) => a - b))
  }

  /** The records themselves: for tests that forge them. Read by place, whatever their offsets say. */
  recordsOf(topic: string, partition: number): RawRecord[] {
    return this.logOf(topic, partition)
  }

  endOffset(topic: string, partition: number): Promise<number> {
    return this.highWatermark(topic, partition)
  }

  highWatermark(topic: string, partition: number): Promise<number> {
    return Promise.resolve(this.logOf(topic, partition).length)
  }

  beginningOffset(topic: string, partition: number): Promise<number> {
    return Promise.resolve(this.beginnings.get(`${topic}/${partition}`) ?? 0)
  }

  async *read(
    topic: string,
    partition: number,
    from: number,
    to: number,
  ): AsyncGenerator<RawRecord[]> {
    this.reads += 1
    for (let position = from; position < to; position += BATCH) {
      if (position < (await this.beginningOffset(topic, partition)))
        throw new CandlewireError('OFFSET_OUT_OF_RANGE', `${topic}/${partition}: ${position}`)
      yield this.logOf(topic, partition).slice(position, Math.min(to, position + BATCH))
    }
  }

  private logOf(topic: string, partition: number): RawRecord[] {
    const name = `${topic}/${partition}`
    const log = this.logs.get(name) ?? []
    this.logs.set(name, log)
    return log
  }
}

/**
 * The published vectors of one partition, asked for in rising order by what was made of them, with how
 * old the newest candle behind each is. Reads ahead of the newest that was asked for by a batch at most.
 */
import { InputDecoder } from '../../processors/runtime/input-decoder.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { CandleAge } from '../live/candle-age.ts'
import { foundAt } from './find-record.ts'

/** Vectors kept: a fetch brings up to 8,000, and several versions score a batch one after the other. */
const KEPT = 12_000
/** Vectors read in front of the first that is asked for: a gap of bars that began there is known. */
const BEFORE = 4_096

export interface VectorThere {
  readonly record: Incoming<Features>
  /** ms; null where the log read so far does not tell. */
  readonly featureAgeMs: number | null
}

export class VectorLog {
  private readonly reader: PartitionReader
  private readonly codecs: Codecs
  private readonly partition: number
  private readonly decoder: InputDecoder
  private readonly ages = new CandleAge()
  private readonly kept = new Map<number, VectorThere>()
  private batches: AsyncGenerator<readonly Incoming<unknown>[]> | undefined
  private next = 0

  constructor(reader: PartitionReader, codecs: Codecs, partition: number) {
    this.reader = reader
    this.codecs = codecs
    this.partition = partition
    this.decoder = new InputDecoder(codecs.of(featuresTopic) as TopicCodec<unknown>, partition)
  }

  /** @returns undefined if no vector lies there any more, or nothing that is one */
  async at(offset: number): Promise<VectorThere | undefined> {
    this.batches ??= this.read(offset)
    while (this.next <= offset) {
      const step = await this.batches.next()
      if (step.done === true) break
      for (const record of step.value) this.keep(record as Incoming<Features>)
    }
    return this.kept.get(offset) ?? (await this.alone(offset))
  }

  async close(): Promise<void> {
    await this.batches?.return(undefined)
  }

  private async *read(first: number): AsyncGenerator<readonly Incoming<unknown>[]> {
    const { name } = featuresTopic
    const begin = await this.reader.beginningOffset(name, this.partition)
    const end = await this.reader.endOffset(name, this.partition)
    const from = Math.max(begin, first - BEFORE)
    for await (const batch of this.reader.read(name, this.partition, from, end)) {
      yield (await this.decoder.decode(batch)).records
      this.next = batch.at(-1)!.offset + 1
    }
  }

  private keep(record: Incoming<Features>): void {
    this.next = record.offset + 1
    this.kept.set(record.offset, { record, featureAgeMs: this.ages.of(record) })
    const [oldest] = this.kept.keys()
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest)
  }

  /** One that is far behind: read by itself. */
  private async alone(offset: number): Promise<VectorThere | undefined> {
    const { partition } = this
    try {
      const clients = { reader: this.reader, codecs: this.codecs }
      const found = await foundAt(clients, featuresTopic, partition, offset)
      if (found === undefined) return undefined
      const record = { topic: featuresTopic.name, partition, offset, value: found.value }
      return { record, featureAgeMs: null }
    } catch (thrown) {
      if (thrown instanceof CandlewireError && !thrown.retryable) return undefined
      throw thrown
    }
  }
}

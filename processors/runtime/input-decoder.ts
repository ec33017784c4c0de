/** Decodes the records of one input partition; what cannot be decoded becomes a dead letter. */
import { schemaIdOf, type TopicCodec } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import { boundedBytes, cutNote } from './bounded-bytes.ts'
import { out, type Incoming, type Outgoing } from './processor.ts'

export interface DecodedBatch {
  readonly records: readonly Incoming<unknown>[]
  readonly deadLetters: readonly Outgoing[]
}

export class InputDecoder {
  private readonly codec: TopicCodec<unknown>
  private readonly partition: number

  constructor(codec: TopicCodec<unknown>, partition: number) {
    this.codec = codec
    this.partition = partition
  }

  /** @throws CandlewireError SERVICE_NOT_READY if a new schema cannot be looked up now */
  async decode(batch: readonly RawRecord[]): Promise<DecodedBatch> {
    const { codec, partition } = this
    const records: Incoming<unknown>[] = []
    const deadLetters: Outgoing[] = []
    for (const record of batch) {
      try {
        if (!codec.knows(record.value)) await codec.prepare(record.value)
        const value = codec.decode(record.value)
        const { offset, key } = record
        records.push({ topic: codec.topic.name, partition, offset, value, key })
      } catch (thrown) {
        if (!(thrown instanceof CandlewireError) || thrown.code === 'SERVICE_NOT_READY')
          throw thrown
        deadLetters.push(this.deadLetterOf(record, thrown))
      }
    }
    return { records, deadLetters }
  }

  private deadLetterOf(record: RawRecord, error: CandlewireError): Outgoing {
    return out(deadLettersTopic, {
      sourceTopic: this.codec.topic.name,
      sourcePartition: this.partition,
      sourceOffset: record.offset,
      sourceFile: null,
      sourceLine: null,
      eventTimeMs: 0,
      code: error.code,
      cause: error.message + cutNote(record.value),
      schemaId: schemaIdOf(record.value) ?? null,
      originalKey: boundedBytes(record.key ?? Buffer.alloc(0)),
      originalBytes: boundedBytes(record.value ?? Buffer.alloc(0)),
      conflictingBytes: null,
    })
  }
}

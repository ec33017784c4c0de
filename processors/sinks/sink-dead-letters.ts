/**
 * Where a sink puts records it cannot decode: into `dead-letters.v1` with topic, partition, offset,
 * cause and bytes. Sent before the sink moves on, so a crash can repeat a dead letter but not lose it.
 */
import type { Producer } from 'kafkajs'
import { schemaIdOf, type Codecs } from '../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import { boundedBytes, cutNote } from '../runtime/bounded-bytes.ts'

export class SinkDeadLetters {
  private readonly producer: Producer
  private readonly codecs: Codecs
  private connecting: Promise<void> | undefined
  sent = 0

  constructor(kafka: KafkaClient, codecs: Codecs) {
    this.producer = createProducer(kafka)
    this.codecs = codecs
  }

  async send(sourceTopic: string, record: RawRecord, thrown: unknown): Promise<void> {
    this.connecting ??= this.producer.connect()
    await this.connecting
    const value = this.codecs.of(deadLettersTopic).encode({
      sourceTopic,
      sourcePartition: record.partition,
      sourceOffset: record.offset,
      sourceFile: null,
      sourceLine: null,
      eventTimeMs: 0,
      code: thrown instanceof CandlewireError ? thrown.code : 'RECORD_UNDECODABLE',
      cause: messageOf(thrown) + cutNote(record.value),
      schemaId: schemaIdOf(record.value) ?? null,
      originalKey: boundedBytes(record.key ?? Buffer.alloc(0)),
      originalBytes: boundedBytes(record.value ?? Buffer.alloc(0)),
      conflictingBytes: null,
    })
    await this.producer.send({
      topic: deadLettersTopic.name,
      acks: -1,
      messages: [{ key: sourceTopic, value }],
    })
    this.sent += 1
  }

  async close(): Promise<void> {
    if (this.connecting !== undefined) await this.producer.disconnect()
  }
}

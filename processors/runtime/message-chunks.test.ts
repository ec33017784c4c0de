import { describe, expect, it } from 'vitest'
import { offlineCodecs } from '../../streams/codec.ts'
import { ALL_TOPICS, deadLettersTopic, modelEventsTopic } from '../../streams/topics.ts'
import { MessageChunks } from './message-chunks.ts'
import { out, type Outgoing } from './processor.ts'
import { modelEvent } from '../models/registry-entries.ts'

const letter = (bytes: number, index: number): Outgoing =>
  out(deadLettersTopic, {
    sourceTopic: 'candles.v1',
    sourcePartition: 3,
    sourceOffset: index,
    sourceFile: null,
    sourceLine: null,
    eventTimeMs: 0,
    code: 'CANDLE_INVALID',
    cause: 'test',
    schemaId: null,
    originalKey: Buffer.alloc(0),
    originalBytes: Buffer.alloc(bytes),
    conflictingBytes: null,
  })

function chunksOf(outputs: readonly Outgoing[]) {
  const chunks = new MessageChunks(offlineCodecs(ALL_TOPICS), 3)
  const sent = outputs.map((output) => chunks.add(output)).filter((chunk) => chunk !== undefined)
  return [...sent, ...chunks.rest()]
}

describe('message chunks', () => {
  it('keep order, lose nothing and stay within 500 records', () => {
    const sizes = chunksOf(Array.from({ length: 1_234 }, (_, index) => letter(10, index))).map(
      (chunk) => chunk.messages.length,
    )
    expect(sizes).toEqual([500, 500, 234])
  })

  it('stay below one mebibyte unless a single record is larger', () => {
    const chunks = chunksOf([
      letter(500_000, 0),
      letter(500_000, 1),
      letter(2_000_000, 2),
      letter(1, 3),
    ])
    expect(chunks.map((chunk) => chunk.messages.length)).toEqual([1, 1, 1, 1])
  })

  it('send to the partition of the input, and to the only one of single topics', () => {
    const event = out(
      modelEventsTopic,
      modelEvent({
        modelName: 'm',
        version: '1',
        eventTimeMs: 5,
        kind: 'k',
        actor: 'a',
        reason: 'r',
      }),
    )
    const partitions = chunksOf([letter(1, 0), event]).map((chunk) => chunk.messages[0]?.partition)
    expect(partitions).toEqual([3, 0])
  })
})

/**
 * Finds the one record of a topic by its event time and what else is known of it.
 *
 * Records carry their event time as timestamp, and the broker keeps an index of it: the first record
 * at or after that time lies at or before the one looked for, whatever order the others are in.
 */
import type { Admin } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import { schemaIdOf } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { partitionOfKey } from '../../streams/partition-of-key.ts'
import { recordAt } from '../../streams/record-at.ts'
import type { Topic } from '../../streams/topics.ts'

export interface LogClients {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
}

export interface FoundRecord<Value> {
  readonly value: Value
  readonly bytes: Buffer
  readonly partition: number
  readonly offset: number
  readonly schemaId: number
}

export interface Wanted<Value> {
  readonly key: string
  readonly eventTimeMs: number
  readonly matches: (value: Value) => boolean
  /** Most records looked at before the search is given up. */
  readonly recordsMax?: number
}

/** @returns undefined if there is none, or none among the records looked at */
export async function findRecord<Value>(
  { admin, reader, codecs }: LogClients,
  topic: Topic<Value>,
  { key, eventTimeMs, matches, recordsMax = Infinity }: Wanted<Value>,
): Promise<FoundRecord<Value> | undefined> {
  const codec = codecs.of(topic)
  const starts = await admin.fetchTopicOffsetsByTimestamp(topic.name, eventTimeMs)
  let looked = 0
  for (const partition of likelyFirst(topic.name, key, await reader.partitions(topic.name))) {
    const from = Number(starts.find((start) => start.partition === partition)?.offset ?? NaN)
    const to = await reader.endOffset(topic.name, partition)
    if (!(from >= 0 && from < to)) continue
    for await (const records of reader.read(topic.name, partition, from, to)) {
      for (const { offset, key: recordKey, value: bytes } of records) {
        if (bytes === null || recordKey?.toString() !== key) continue
        await codec.prepare(bytes)
        const value = codec.decode(bytes)
        if (topic.eventTimeMsOf(value) === eventTimeMs && matches(value))
          return { value, bytes, partition, offset, schemaId: schemaIdOf(bytes) ?? NaN }
      }
      looked += records.length
      if (looked >= recordsMax) return undefined
    }
  }
  return undefined
}

/** One record at a known place, decoded. */
export async function foundAt<Value>(
  { reader, codecs }: Pick<LogClients, 'reader' | 'codecs'>,
  topic: Topic<Value>,
  partition: number,
  offset: number,
): Promise<FoundRecord<Value> | undefined> {
  const bytes = (await recordAt(reader, topic.name, partition, offset))?.value
  if (bytes === undefined) return undefined
  const codec = codecs.of(topic)
  await codec.prepare(bytes)
  return {
    value: codec.decode(bytes),
    bytes,
    partition,
    offset,
    schemaId: schemaIdOf(bytes) ?? NaN,
  }
}

/** The partition that producers give this key, then the others: another client may have its own rule. */
function likelyFirst(topic: string, key: string, partitions: readonly number[]): number[] {
  const likely = partitionOfKey(topic, key, partitions)
  return [...partitions].sort((a, b) => Number(b === likely) - Number(a === likely))
}

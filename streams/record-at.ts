/** The one committed record at a known place of a topic. */
import type { PartitionReader, RawRecord } from './partition-reader.ts'

/** A record that has a value. */
export type ValuedRecord = RawRecord & { readonly value: Buffer }

/**
 * @returns undefined if the topic no longer has the place or does not have it yet, or if there is no
 * value there: a tombstone, a transaction that was given up, a marker
 */
export async function recordAt(
  reader: Pick<PartitionReader, 'read' | 'beginningOffset' | 'endOffset'>,
  topic: string,
  partition: number,
  offset: number,
): Promise<ValuedRecord | undefined> {
  if (offset < (await reader.beginningOffset(topic, partition))) return undefined
  if (offset >= (await reader.endOffset(topic, partition))) return undefined
  for await (const [record] of reader.read(topic, partition, offset, offset + 1)) {
    if (record?.value === undefined || record.value === null) return undefined
    return { ...record, value: record.value }
  }
  return undefined
}

/**
 * The record a dead letter is about. The letter carries what a person needs, and of a large record
 * only the beginning; the record itself still lies in its topic, at the place the letter names.
 */
import type { TopicCodec } from '../codec.ts'
import { CandlewireError, messageOf } from '../errors.ts'
import type { PartitionReader } from '../partition-reader.ts'
import { recordAt } from '../record-at.ts'
import type { Letter } from './letters.ts'

export interface OriginalRecord {
  readonly key: Buffer | null
  readonly bytes: Buffer
  /** Decoded, if it can be. */
  readonly value: unknown
  /** Why it cannot be decoded, in words. */
  readonly undecodable: string | undefined
}

/**
 * @returns undefined if it never reached Kafka (a row of a file), or its topic no longer keeps it
 */
export async function originalRecord(
  reader: PartitionReader,
  codec: TopicCodec<unknown>,
  { value: letter }: Letter,
): Promise<OriginalRecord | undefined> {
  const { sourceTopic, sourcePartition: partition, sourceOffset: offset } = letter
  if (partition === null || offset === null) return undefined
  const record = await recordAt(reader, sourceTopic, partition, offset)
  if (record === undefined) return undefined
  const { key, value: bytes } = record
  return { key, bytes, ...(await decoded(codec, bytes)) }
}

async function decoded(
  codec: TopicCodec<unknown>,
  bytes: Buffer,
): Promise<Pick<OriginalRecord, 'value' | 'undecodable'>> {
  try {
    await codec.prepare(bytes)
    return { value: codec.decode(bytes), undecodable: undefined }
  } catch (thrown) {
    if (thrown instanceof CandlewireError && thrown.code === 'SERVICE_NOT_READY') throw thrown
    return { value: undefined, undecodable: messageOf(thrown) }
  }
}

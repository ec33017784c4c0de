/** Reading `dead-letters.v1`: every letter with the place it lies at, which is its name from then on. */
import type { DeadLetter, Redrive } from '../../schemas/generated.ts'
import type { Codecs } from '../codec.ts'
import { CandlewireError } from '../errors.ts'
import type { PartitionReader } from '../partition-reader.ts'
import { recordAt } from '../record-at.ts'
import { deadLettersTopic, redrivesTopic } from '../topics.ts'

export interface Letter {
  /** `partition/offset` in dead-letters.v1. */
  readonly id: string
  readonly partition: number
  readonly offset: number
  /** When it was written, ms. */
  readonly writtenMs: number
  readonly value: DeadLetter
}

export interface LetterFilter {
  /** Letters of this source topic alone. */
  readonly topic?: string | undefined
  /** Letters of this error code alone. */
  readonly code?: string | undefined
  /** Letters written at or after this time, ms. */
  readonly sinceMs?: number | undefined
}

/** @throws CandlewireError OPTION_INVALID */
export function parseLetterId(text: string): { partition: number; offset: number } {
  const match = /^(\d{1,6})\/(\d{1,15})$/.exec(text)
  if (match === null)
    throw new CandlewireError(
      'OPTION_INVALID',
      `${JSON.stringify(text.slice(0, 40))} names no dead letter: a name is partition/offset, as 0/17`,
    )
  return { partition: Number(match[1]), offset: Number(match[2]) }
}

/** The letters there are now, partition after partition in the order they were written. */
export async function* readLetters(
  reader: PartitionReader,
  codecs: Codecs,
  { topic, code, sinceMs = -Infinity }: LetterFilter = {},
): AsyncGenerator<Letter> {
  const codec = codecs.of(deadLettersTopic)
  const { name } = deadLettersTopic
  for (const partition of await reader.partitions(name)) {
    const from = await reader.beginningOffset(name, partition)
    const to = await reader.endOffset(name, partition)
    for await (const records of reader.read(name, partition, from, to)) {
      for (const { offset, timestampMs, value: bytes } of records) {
        if (timestampMs < sinceMs || bytes === null) continue
        await codec.prepare(bytes)
        const value = codec.decode(bytes)
        if (topic !== undefined && value.sourceTopic !== topic) continue
        if (code !== undefined && value.code !== code) continue
        yield { id: `${partition}/${offset}`, partition, offset, writtenMs: timestampMs, value }
      }
    }
  }
}

/** @throws CandlewireError OPTION_INVALID, NOT_FOUND */
export async function readLetter(
  reader: PartitionReader,
  codecs: Codecs,
  id: string,
): Promise<Letter> {
  const { partition, offset } = parseLetterId(id)
  const { name } = deadLettersTopic
  const partitions = await reader.partitions(name)
  const record = partitions.includes(partition)
    ? await recordAt(reader, name, partition, offset)
    : undefined
  if (record === undefined) throw new CandlewireError('NOT_FOUND', `There is no dead letter ${id}`)
  const codec = codecs.of(deadLettersTopic)
  await codec.prepare(record.value)
  const value = codec.decode(record.value)
  return { id, partition, offset, writtenMs: record.timestampMs, value }
}

/** What was sent again, by letter. */
export async function readRedrives(
  reader: PartitionReader,
  codecs: Codecs,
): Promise<Map<string, Redrive>> {
  const codec = codecs.of(redrivesTopic)
  const { name } = redrivesTopic
  const redrives = new Map<string, Redrive>()
  for (const partition of await reader.partitions(name)) {
    const from = await reader.beginningOffset(name, partition)
    const to = await reader.endOffset(name, partition)
    for await (const records of reader.read(name, partition, from, to)) {
      for (const { value } of records) {
        if (value === null) continue
        await codec.prepare(value)
        const redrive = codec.decode(value)
        redrives.set(redrive.letterId, redrive)
      }
    }
  }
  return redrives
}

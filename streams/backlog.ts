/**
 * What a consumer group has not processed yet, in records that it will really see.
 *
 * The difference of offsets is no measure for topics written in transactions: the log ends in commit
 * markers that no reader gets, so a group that is done still seems one behind per partition. And a
 * commit is answered before its markers are written: for some milliseconds records that are decided
 * lie behind the last stable offset. So a partition whose log goes on behind it counts as pending.
 */
import type { Admin } from 'kafkajs'
import type { PartitionReader } from './partition-reader.ts'

export interface Backlog {
  /** Offsets between the committed ones and the last stable ones, markers included. */
  readonly offsets: number
  /** Whether at least one readable record lies in between, or the end of the log is undecided. */
  readonly pending: boolean
}

export async function backlogOf(
  admin: Admin,
  reader: PartitionReader,
  groupId: string,
  topic: string,
): Promise<Backlog> {
  // First: a marker written between the two looks would hide its records from the one and pass the other.
  const decided = await isDecided(reader, topic)
  const answers = await admin.fetchOffsets({ groupId, topics: [topic] })
  const committed = new Map(
    answers[0]?.partitions.map((entry) => [entry.partition, Number(entry.offset)]),
  )
  let offsets = 0
  let pending = false
  for (const partition of await reader.partitions(topic)) {
    const known = committed.get(partition) ?? -1
    const from = known < 0 ? await reader.beginningOffset(topic, partition) : known
    const to = await reader.endOffset(topic, partition)
    offsets += Math.max(0, to - from)
    pending = pending || (await hasRecords(reader, topic, partition, from, to))
  }
  return { offsets, pending: pending || !decided }
}

/** Whether no transaction on the topic is open or without its markers. */
export async function isDecided(reader: PartitionReader, topic: string): Promise<boolean> {
  for (const partition of await reader.partitions(topic)) {
    const [end, high] = [
      await reader.endOffset(topic, partition),
      await reader.highWatermark(topic, partition),
    ]
    if (end < high) return false
  }
  return true
}

async function hasRecords(
  reader: PartitionReader,
  topic: string,
  partition: number,
  from: number,
  to: number,
): Promise<boolean> {
  for await (const _ of reader.read(topic, partition, from, to)) return true
  return false
}

/** The consumer groups that are watched, and one look at each. A group that never ran here is not missed. */
import type { Admin } from 'kafkajs'
import { backlogOf } from '../../../streams/backlog.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import {
  alertsTopic,
  candlesTopic,
  featuresTopic,
  newsTopic,
  predictionsTopic,
} from '../../../streams/topics.ts'
import type { GroupLook } from './readings.ts'

export interface WatchedGroup {
  readonly groupId: string
  readonly topic: string
}

const group = (name: string, topic: { readonly name: string }): WatchedGroup => ({
  groupId: `candlewire-${name}`,
  topic: topic.name,
})

export const WATCHED_GROUPS: readonly WatchedGroup[] = [
  group('features', candlesTopic),
  group('labels', featuresTopic),
  group('outcomes', predictionsTopic),
  group('sentiment', newsTopic),
  group('scorer', featuresTopic),
  group('drift', featuresTopic),
  group('alerts', alertsTopic),
  { groupId: 'sink-clickhouse', topic: featuresTopic.name },
  { groupId: 'sink-redis', topic: featuresTopic.name },
]

/** @returns undefined for a group that has never committed. */
export async function lookAtGroup(
  admin: Admin,
  reader: PartitionReader,
  { groupId, topic }: WatchedGroup,
): Promise<GroupLook | undefined> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] })
  const offsets = (answer?.partitions ?? []).map(({ offset }) => Number(offset))
  const known = offsets.filter((offset) => offset >= 0)
  if (known.length === 0) return undefined
  const { offsets: lag, pending } = await backlogOf(admin, reader, groupId, topic)
  const { groups } = await admin.describeGroups([groupId])
  return {
    lag,
    pending,
    committed: known.reduce((sum, offset) => sum + offset, 0),
    members: groups[0]?.members.length ?? 0,
  }
}

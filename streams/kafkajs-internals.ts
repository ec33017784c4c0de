/**
 * The few inner parts of kafkajs that {@link PartitionReader} stands on, with the types they lack.
 *
 * kafkajs reads only through consumer groups. A restore, a bounded read and a follower need none: a
 * group costs a join and a rebalance for every read and leaves offsets behind. The version is pinned
 * and no longer developed, so its inner parts do not move (docs/adr/0003).
 */
import { createRequire } from 'node:module'
import './kafkajs-idle-queues.ts'

const require = createRequire(import.meta.url)

export interface RawMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

export interface PartitionData {
  readonly partition: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly messages: readonly RawMessage[]
}

export interface Batch {
  /** Committed, non-control messages at or after the fetched offset. */
  readonly messages: readonly RawMessage[]
  /** The same with control records and aborted messages: what the position moves past. */
  readonly messagesWithinOffset: readonly RawMessage[]
}

interface Broker {
  fetch(request: {
    replicaId: number
    isolationLevel: number
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    topics: {
      topic: string
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[]
    }[]
  }): Promise<{ responses: { topicName: string; partitions: PartitionData[] }[] }>
  listOffsets(request: {
    replicaId: number
    isolationLevel: number
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[]
  }): Promise<{
    responses: { topic: string; partitions: { partition: number; offset: string }[] }[]
  }>
}

export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[]
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(options: { nodeId: string }): Promise<Broker>
}

interface KafkajsLogger {
  namespace(name: string): KafkajsLogger
}

export const ClusterClass = require('kafkajs/src/cluster') as new (options: object) => Cluster
export const BatchClass = require('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  data: PartitionData,
) => Batch
export const defaultSocketFactory = require('kafkajs/src/network/socketFactory') as () => unknown
export const createKafkajsLogger = (
  require('kafkajs/src/loggers') as {
    createLogger: (options: { level: number; logCreator: unknown }) => KafkajsLogger
  }
).createLogger

/** Isolation level of a fetch: only records of committed transactions. */
export const READ_COMMITTED = 1
/** Isolation level that also sees what is not decided. */
export const READ_UNCOMMITTED = 0
/** Timestamps of an offset request that stand for the two ends of the log. */
export const LATEST = -1
export const EARLIEST = -2
/** Replica id of an ordinary client in a fetch request. */
export const CONSUMER_REPLICA_ID = -1

/** The sinks as they run, over simulated stores: the real groups, writers, encoders and position logic. */
import type { Admin } from 'kafkajs'
import { rowEncoder } from '../../processors/sinks/clickhouse/row-encoder.ts'
import { mappingsOf } from '../../processors/sinks/clickhouse/tables.ts'
import { TableWriter } from '../../processors/sinks/clickhouse/table-writer.ts'
import { onlineMapping } from '../../processors/sinks/redis/online-records.ts'
import { OnlineWriter } from '../../processors/sinks/redis/online-writer.ts'
import type { PartitionEvents, PartitionSink } from '../../processors/sinks/partition-sink.ts'
import { SinkDeadLetters } from '../../processors/sinks/sink-dead-letters.ts'
import { SinkGroup } from '../../processors/sinks/sink-group.ts'
import type { SinkMetrics } from '../../processors/sinks/sink-metrics.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { deadLettersTopic, featuresTopic, type AnyTopic } from '../../streams/topics.ts'
import { simulatedAdmin, simulatedReader, type World } from './simulated-clients.ts'
import type { SimulatedClickHouse } from './simulated-clickhouse.ts'
import { Member, type SimulatedGroup } from './simulated-group.ts'
import type { SimulatedRedis } from './simulated-redis.ts'
import { storeRequest, type StoreWorld } from './simulated-store.ts'

export const SINKS = ['clickhouse', 'redis'] as const
export type SinkName = (typeof SINKS)[number]

export const MARKET_TTL_SECONDS = 3_600
export const featuresMapping = mappingsOf([featuresTopic])[0]!

export interface SinkWorld extends World, StoreWorld {
  readonly codecs: Codecs
  readonly clickhouse: SimulatedClickHouse
  readonly redis: SimulatedRedis
}

const silent = createLogger({ logLevel: 'silent' }, 'simulation')
const nobodyLooks: SinkMetrics = {
  wrote: () => undefined,
  retried: () => undefined,
  deadLettered: () => undefined,
  rebuilt: () => undefined,
  lags: () => undefined,
}
/** Heartbeats of real time have no place here; the group itself says when it is assigned anew. */
const SESSION_MS = 3_000_000

/** Starts one process of a sink. */
export function startSink(
  world: SinkWorld,
  sink: SinkName,
  group: SimulatedGroup,
  actor: string,
): SinkGroup {
  const kafka = kafkaOf(world, sink, group, actor)
  const deadLetters = new SinkDeadLetters(kafka, world.codecs)
  const running = new SinkGroup({
    groupId: group.id,
    storeName: sink,
    config: { kafkaBrokers: '', sessionTimeoutMs: SESSION_MS },
    kafka,
    codecs: world.codecs,
    logger: silent,
    metrics: nobodyLooks,
    topics: [featuresTopic],
    reader: simulatedReader(world, actor),
    timers: world.scheduler.timersOf(actor),
    open: (_, partition, events) =>
      OPEN[sink](world, { actor, groupId: group.id, partition, events, deadLetters }),
  })
  // It joins as soon as it is given a turn; a process that dies first never does.
  void running.start()
  return running
}

interface Place {
  readonly actor: string
  readonly groupId: string
  readonly partition: number
  readonly events: PartitionEvents
  readonly deadLetters: SinkDeadLetters
}

const OPEN: Record<SinkName, (world: SinkWorld, place: Place) => PartitionSink> = {
  clickhouse: (world, { actor, ...place }) =>
    new TableWriter({
      ...place,
      store: world.clickhouse.clientOf(world, actor),
      encoder: rowEncoder(featuresMapping),
      codec: world.codecs.of<unknown>(featuresTopic as AnyTopic),
      counts: { rows: 0, inserts: 0, retries: 0 },
      metrics: nobodyLooks,
      logger: silent,
      timers: world.scheduler.timersOf(actor),
    }),
  redis: (world, { actor, ...place }) =>
    new OnlineWriter({
      ...place,
      redis: world.redis.clientOf(world, actor),
      topic: featuresTopic,
      mapping: onlineMapping(featuresTopic, {
        marketTtlSeconds: MARKET_TTL_SECONDS,
        newsTtlSeconds: MARKET_TTL_SECONDS,
      })!,
      codec: world.codecs.of<unknown>(featuresTopic as AnyTopic),
      counts: { records: 0, written: 0, retries: 0, rebuilds: 0 },
      metrics: nobodyLooks,
      logger: silent,
      timers: world.scheduler.timersOf(actor),
    }),
}

function kafkaOf(
  world: SinkWorld,
  sink: SinkName,
  group: SimulatedGroup,
  actor: string,
): KafkaClient {
  const nothing = () => Promise.resolve()
  const admin: Partial<Admin> = {
    ...simulatedAdmin(world, actor, group.partitions),
    connect: nothing,
    disconnect: nothing,
  }
  const producer = {
    connect: nothing,
    disconnect: nothing,
    send: ({ messages }: { messages: readonly { readonly value: Buffer }[] }) =>
      storeRequest(world, actor, 'dead letter', () => {
        for (const { value } of messages)
          world.log.append(deadLettersTopic.name, SINKS.indexOf(sink), {
            key: null,
            value,
            timestampMs: 0,
          })
      }),
  }
  return {
    admin: () => admin,
    consumer: () => new Member(world, group, actor).consumer,
    producer: () => producer,
  } as unknown as KafkaClient
}

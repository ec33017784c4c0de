/**
 * kafkajs' producer and admin, and our partition reader, over the simulated log: as much of them as
 * the runtime uses. Every request is a named point at which the process may crash, before or after
 * it took effect.
 */
import type { Admin, Message, Producer } from 'kafkajs'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import type { Random } from '../../streams/sources/simulation/random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedLog } from './simulated-log.ts'

export class CrashError extends Error {}

export interface World {
  readonly log: SimulatedLog
  readonly scheduler: Scheduler
  readonly random: Random
  /** Share of requests at which a process crashes; half of them before, half after the effect. */
  crashShare: number
  /** How often each named point crashed. */
  readonly crashes: Map<string, number>
}

/** Does a request of an actor at its turn, or crashes there. */
async function request<T>(world: World, actor: string, point: string, effect: () => T): Promise<T> {
  await world.scheduler.turn(actor)
  const crash = (side: string): never => {
    const name = `${side} ${point}`
    world.crashes.set(name, (world.crashes.get(name) ?? 0) + 1)
    throw new CrashError(name)
  }
  const dies = world.random.uniform() < world.crashShare
  const before = world.random.uniform() < 0.5
  if (dies && before) crash('before')
  const result = effect()
  if (dies) crash('after')
  return result
}

export function simulatedKafka(world: World, actor: string): KafkaClient {
  const producer = ({ transactionalId }: { transactionalId: string }) =>
    simulatedProducer(world, actor, transactionalId)
  return { producer } as unknown as KafkaClient
}

function simulatedProducer(world: World, actor: string, id: string): Producer {
  const { log } = world
  let epoch: number | undefined
  const transaction = async () => {
    // As in kafkajs: the producer id is asked for with the first transaction, not when it connects.
    epoch ??= await request(world, actor, 'init', () => log.initProducer(id))
    const own = epoch
    return {
      send: ({ topic, messages }: { topic: string; messages: Message[] }) =>
        request(world, actor, `send ${topic}`, () => {
          for (const { key, value, partition, timestamp } of messages) {
            log.send(id, own, topic, partition ?? 0, {
              key: Buffer.from(String(key)),
              value: value as Buffer,
              timestampMs: Number(timestamp),
            })
          }
        }),
      sendOffsets: ({ consumerGroupId, topics }: SentOffsets) =>
        request(world, actor, 'sendOffsets', () => {
          for (const { topic, partitions } of topics)
            for (const { partition, offset, metadata = null } of partitions)
              log.sendOffset(id, own, consumerGroupId, topic, partition, {
                offset: Number(offset),
                metadata,
              })
        }),
      commit: () => request(world, actor, 'commit', () => log.commit(id, own)),
      abort: () => request(world, actor, 'abort', () => log.abort(id, own)),
    }
  }
  return {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    transaction,
  } as unknown as Producer
}

interface SentOffsets {
  readonly consumerGroupId: string
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly offset: string
      readonly metadata?: string
    }[]
  }[]
}

export function simulatedAdmin(world: World, actor: string, partitions: number): Admin {
  const fetchOffsets = ({ groupId, topics }: { groupId: string; topics: string[] }) =>
    request(world, actor, 'fetchOffsets', () =>
      topics.map((topic) => ({
        topic,
        partitions: Array.from({ length: partitions }, (_, partition) => {
          const committed = world.log.committed(groupId, topic, partition)
          return {
            partition,
            offset: String(committed?.offset ?? -1),
            metadata: committed?.metadata ?? null,
          }
        }),
      })),
    )
  return { fetchOffsets } as unknown as Admin
}

export function simulatedReader(world: World, actor: string): PartitionReader {
  const { log, random } = world
  async function* read(topic: string, partition: number, from: number, to: number) {
    let at = from
    while (at < to) {
      const until = Math.min(to, at + 1 + Math.floor(random.uniform() * 20))
      const start = at
      const records = await request(world, actor, `read ${topic}`, () =>
        log.read(topic, partition, start, until),
      )
      at = until
      if (records.length > 0) yield records.map((each): RawRecord => ({ partition, ...each }))
    }
  }
  const reader = {
    read,
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    beginningOffset: () => Promise.resolve(0),
    endOffset: (topic: string, partition: number) =>
      request(world, actor, 'endOffset', () => log.lastStableOffset(topic, partition)),
  }
  return reader as unknown as PartitionReader
}

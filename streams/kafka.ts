/** The broker connection: one factory for clients, producers, and the creation of topics. */
import kafkajs, { type Admin, type Kafka as KafkaClient, type Producer } from 'kafkajs'
import type { Config } from './config.ts'
import { awaitTopics } from './await-topics.ts'
import { CandlewireError } from './errors.ts'
import './kafkajs-idle-queues.ts'
import type { Logger } from './log.ts'
import { ALL_TOPICS, type AnyTopic } from './topics.ts'

const { Kafka, logLevel, Partitioners } = kafkajs

export type { KafkaClient }

const brokersOf = ({ kafkaBrokers }: Pick<Config, 'kafkaBrokers'>): string[] =>
  kafkaBrokers.split(',').map((broker) => broker.trim())

/** A client whose log lines go to `logger`. Every request has a time-out; connecting is retried. */
export function createKafka(
  config: Pick<Config, 'kafkaBrokers'>,
  clientId: string,
  logger: Logger,
): KafkaClient {
  return new Kafka({
    clientId,
    brokers: brokersOf(config),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log }) => {
        const { message, ...fields } = log
        // Met at most first sends after a commit, and retried: no news for an operator.
        const usual = `${message} ${String(fields['error'])}`.includes(
          'concurrent operation on the same transaction',
        )
        if (level <= logLevel.ERROR && !usual) logger.warn({ kafka: fields }, message)
        else logger.debug({ kafka: fields }, message)
      },
  })
}

/** A client that says soon that the broker is away, instead of trying for a minute: for looking whether it is. */
export function createQuickKafka(
  config: Pick<Config, 'kafkaBrokers'>,
  clientId: string,
  logger: Logger,
): KafkaClient {
  return new Kafka({
    clientId,
    brokers: brokersOf(config),
    connectionTimeout: 2_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log: { message, ...fields } }) =>
        logger.debug({ kafka: fields }, message),
  })
}

/**
 * An idempotent producer. With a transactional id its first transaction fences every older producer
 * of that id; who needs that before (to read a final position) uses `connectFenced`. The first retry waits 10 ms because every first send after a commit may
 * meet CONCURRENT_TRANSACTIONS; the default of 300 ms would be paid at each transaction.
 */
export function createProducer(kafka: KafkaClient, transactionalId?: string): Producer {
  return kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 10, maxRetryTime: 2_000, retries: 20 },
    ...(transactionalId === undefined ? {} : { transactionalId, transactionTimeout: 60_000 }),
  })
}

const KEEP_FOR_EVER = '-1'
const MAX_LONG = '9223372036854775807'

/**
 * Creates the topics that are missing and waits until the broker knows their leaders; existing ones
 * are left as they are.
 *
 * @throws CandlewireError TOPIC_LAYOUT_WRONG if one that must be totally ordered has several
 *   partitions, BROKER_FAILED if a created one is not known in time
 */
export async function createTopics(
  admin: Pick<Admin, 'listTopics' | 'createTopics' | 'fetchTopicMetadata'>,
  config: Pick<Config, 'topicPartitions' | 'replicationFactor'>,
  topics: readonly AnyTopic[] = ALL_TOPICS,
): Promise<void> {
  const existing = new Set(await admin.listTopics())
  await requireSinglePartitions(
    admin,
    topics.filter((topic) => existing.has(topic.name)),
  )
  const missing = topics
    .filter((topic) => !existing.has(topic.name))
    .map((topic) => ({
      topic: topic.name,
      numPartitions: topic.partitions === 'single' ? 1 : config.topicPartitions,
      replicationFactor: config.replicationFactor,
      configEntries: [
        { name: 'cleanup.policy', value: topic.cleanup },
        { name: 'retention.ms', value: KEEP_FOR_EVER },
        { name: 'compression.type', value: 'producer' },
        // Records carry event time; simulated and replayed time may run ahead of the clock.
        { name: 'message.timestamp.after.max.ms', value: MAX_LONG },
        ...(topic.maxMessageBytes === undefined
          ? []
          : [{ name: 'max.message.bytes', value: String(topic.maxMessageBytes) }]),
      ],
    }))
  if (missing.length === 0) return
  await admin.createTopics({ waitForLeaders: false, timeout: 30_000, topics: missing })
  await awaitTopics(admin, missing)
}

/** Kafka cannot take partitions away, and their records have no common order: nothing mends it in place. */
export async function requireSinglePartitions(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly AnyTopic[],
): Promise<void> {
  const single = topics.filter(({ partitions }) => partitions === 'single').map(({ name }) => name)
  if (single.length === 0) return
  const metadata = await admin.fetchTopicMetadata({ topics: single })
  const wrong = metadata.topics
    .filter(({ partitions }) => partitions.length !== 1)
    .map(({ name, partitions }) => `${name} has ${partitions.length} partitions and must have 1`)
  if (wrong.length > 0) throw new CandlewireError('TOPIC_LAYOUT_WRONG', wrong.join('; '))
}

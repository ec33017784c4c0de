/**
 * Creates the topics and warms the coordinators up.
 *
 * A broker that accepts connections is not ready: its group and transaction coordinators load their
 * logs (or create them, the first time) when somebody first asks, and refuse meanwhile. So one
 * transaction that commits nothing but a consumer offset is run through both, and retried until it
 * passes; who comes next meets no GROUP_LOAD_IN_PROGRESS or COORDINATOR_NOT_AVAILABLE.
 */
import type { Admin } from 'kafkajs'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createKafka, createProducer, createTopics, type KafkaClient } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { modelEventsTopic } from '../../streams/topics.ts'
import type { OnProgress } from './progress.ts'
import { waitUntil } from './wait-until.ts'

const GROUP = 'candlewire-warm-up'
const TIMEOUT_MS = 90_000
const RETRY_MS = 200

export async function warmUpKafka(config: Config, onProgress: OnProgress): Promise<void> {
  const kafka = createKafka(config, GROUP, createLogger({ logLevel: 'silent' }, GROUP))
  const admin = kafka.admin({ retry: { retries: 10 } })
  try {
    await admin.connect()
    onProgress({ subject: 'topics', phase: 'creating those that are missing' })
    await createTopics(admin, config)
    onProgress({ subject: 'topics', phase: 'created', done: true })
    if (!config.external.kafka) await warmUp(kafka, admin, onProgress)
  } catch (thrown) {
    if (thrown instanceof CandlewireError) throw thrown
    throw new CandlewireError('BROKER_FAILED', `Preparing Kafka failed: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  } finally {
    await admin.disconnect()
  }
}

async function warmUp(kafka: KafkaClient, admin: Admin, onProgress: OnProgress): Promise<void> {
  onProgress({ subject: 'coordinators', phase: 'waiting for a transaction to pass through them' })
  let last: unknown
  const passed = await waitUntil(
    async () => {
      try {
        await commitOffset(kafka)
        const [topic] = await admin.fetchOffsets({
          groupId: GROUP,
          topics: [modelEventsTopic.name],
        })
        return topic?.partitions[0]?.offset === '0'
      } catch (thrown) {
        last = thrown
        return false
      }
    },
    { timeoutMs: TIMEOUT_MS, intervalMs: RETRY_MS },
  )
  if (!passed) {
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `Kafka's coordinators do not work: ${messageOf(last)}`,
      { cause: last },
    )
  }
  onProgress({ subject: 'coordinators', phase: 'ready', done: true })
}

async function commitOffset(kafka: KafkaClient): Promise<void> {
  const producer = createProducer(kafka, GROUP)
  try {
    await producer.connect()
    const transaction = await producer.transaction()
    try {
      await transaction.sendOffsets({
        consumerGroupId: GROUP,
        topics: [{ topic: modelEventsTopic.name, partitions: [{ partition: 0, offset: '0' }] }],
      })
      await transaction.commit()
    } catch (thrown) {
      await transaction.abort().catch(() => undefined)
      throw thrown
    }
  } finally {
    await producer.disconnect()
  }
}

/**
 * The scheduler's view of its topics. Its transactional id fences an older scheduler; the offsets of
 * the alerts it has acted on are committed with what it decided, so none is acted on twice. A new
 * installation begins with the alerts that come after it.
 */
import type { Producer } from 'kafkajs'
import type { TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import { inTransaction, sendRecord } from '../../processors/models/registry-writer.ts'
import type { Codecs } from '../../streams/codec.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { decidedEnd } from '../../streams/decided.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import {
  alertsTopic,
  trainingRequestsTopic,
  trainingRunsTopic,
  type Topic,
} from '../../streams/topics.ts'
import type { News, SchedulerStore, SeenAlert } from './scheduler.ts'
import { alertOfRun } from './training-alert.ts'

const TRANSACTIONAL_ID = 'scheduler'
/** Not the group of the schedulers that decides who works: only the place of the alerts' offsets. */
const ALERTS_GROUP = 'scheduler-alerts'

interface Tail {
  readonly topic: string
  readonly partition: number
  next: number
}

export class KafkaSchedulerStore implements SchedulerStore {
  private readonly producer: Producer
  private readonly kafka: KafkaClient
  private readonly reader: PartitionReader
  private readonly codecs: Codecs
  private readonly logger: Logger
  private readonly tails = new Map<string, Tail[]>()
  /** Whether alerts were read since their offsets were committed last. */
  private alertsMoved = false

  /** @param reader connected; its owner closes it */
  constructor(kafka: KafkaClient, reader: PartitionReader, codecs: Codecs, logger: Logger) {
    this.kafka = kafka
    this.reader = reader
    this.codecs = codecs
    this.logger = logger
    this.producer = createProducer(kafka, TRANSACTIONAL_ID)
  }

  async open(): Promise<News> {
    await connectFenced(this.producer)
    for (const topic of [trainingRequestsTopic.name, trainingRunsTopic.name]) {
      const next = await this.reader.beginningOffset(topic, 0)
      this.tails.set(topic, [{ topic, partition: 0, next }])
    }
    this.tails.set(alertsTopic.name, await this.alertTails())
    return this.poll()
  }

  async poll(): Promise<News> {
    const requests: TrainingRequest[] = []
    const runs: TrainingRun[] = []
    const alerts: SeenAlert[] = []
    await this.read(trainingRequestsTopic, (value) => requests.push(value))
    await this.read(trainingRunsTopic, (value) => runs.push(value))
    await this.read(alertsTopic, (alert, position) => alerts.push({ alert, ...position }))
    if (alerts.length > 0) this.alertsMoved = true
    return { requests, runs, alerts }
  }

  async write(requests: readonly TrainingRequest[], runs: readonly TrainingRun[]): Promise<void> {
    if (requests.length + runs.length === 0 && !this.alertsMoved) return
    await inTransaction(this.producer, this.logger, async (transaction) => {
      for (const each of requests)
        await sendRecord(transaction, this.codecs, trainingRequestsTopic, each)
      for (const each of runs) {
        await sendRecord(transaction, this.codecs, trainingRunsTopic, each)
        const alert = alertOfRun(each)
        if (alert !== undefined) await sendRecord(transaction, this.codecs, alertsTopic, alert)
      }
      if (!this.alertsMoved) return
      const partitions = (this.tails.get(alertsTopic.name) ?? []).map(({ partition, next }) => ({
        ...{ partition, offset: String(next) },
      }))
      const topics = [{ topic: alertsTopic.name, partitions }]
      await transaction.sendOffsets({ consumerGroupId: ALERTS_GROUP, topics })
    })
    this.alertsMoved = false
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
  }

  /** From the committed offsets, or from now on. */
  private async alertTails(): Promise<Tail[]> {
    const topic = alertsTopic.name
    const admin = this.kafka.admin()
    await admin.connect()
    const [answer] = await admin
      .fetchOffsets({ groupId: ALERTS_GROUP, topics: [topic] })
      .finally(() => admin.disconnect())
    const committed = new Map(
      answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    )
    const tails: Tail[] = []
    for (const partition of await this.reader.partitions(topic)) {
      const known = committed.get(partition) ?? -1
      const next = known >= 0 ? known : await this.reader.endOffset(topic, partition)
      tails.push({ topic, partition, next })
    }
    // So that alerts that come while no scheduler runs are found by the next one.
    this.alertsMoved = committed.size < tails.length || [...committed.values()].some((at) => at < 0)
    return tails
  }

  /** What is decided by now; the first read, in `open`, waits until everything is. */
  private async read<Value>(
    topic: Topic<Value>,
    take: (value: Value, position: { partition: number; offset: number }) => void,
  ): Promise<void> {
    const codec = this.codecs.of(topic)
    for (const tail of this.tails.get(topic.name) ?? []) {
      const end =
        topic.name === alertsTopic.name
          ? await this.reader.endOffset(tail.topic, tail.partition)
          : await decidedEnd(this.reader, tail.topic, tail.partition)
      for await (const records of this.reader.read(tail.topic, tail.partition, tail.next, end)) {
        for (const { value, partition, offset } of records) {
          if (value === null) continue
          try {
            await codec.prepare(value)
            take(codec.decode(value), { partition, offset })
          } catch (thrown) {
            if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
            this.logger.error(
              { topic: topic.name, offset, cause: messageOf(thrown) },
              'A record is unreadable and left out',
            )
          }
        }
      }
      tail.next = Math.max(tail.next, end)
    }
  }
}

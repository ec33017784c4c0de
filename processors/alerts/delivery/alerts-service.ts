/**
 * Brings alerts to people: at least once, each attempt of an alert through a channel with the same key.
 *
 *   1. at a start the records of alert-deliveries.v1 are read: who was told what;
 *   2. an alert is decided by that memory: deliver, or keep back and record why;
 *   3. it goes into the queue of every channel; a slow one holds up neither the others nor the reading;
 *   4. what became of it is recorded, once a channel;
 *   5. an offset is committed when everything before it is recorded.
 *
 * A crash between 3 and 4 sends once more (the receiver has the key); between 4 and 5 the records
 * tell the next start, and nothing is sent again.
 */
import type { Consumer, EachBatchPayload, Producer } from 'kafkajs'
import type { Alert, AlertDelivery } from '../../../schemas/generated.ts'
import type { Codecs } from '../../../streams/codec.ts'
import type { Config } from '../../../streams/config.ts'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import { createGroupConsumer, runJoined, whileBeating } from '../../../streams/group-consumer.ts'
import { createProducer, type KafkaClient } from '../../../streams/kafka.ts'
import type { Logger } from '../../../streams/log.ts'
import { PartitionReader } from '../../../streams/partition-reader.ts'
import {
  alertDeliveriesTopic,
  alertsTopic,
  trainingRequestsTopic,
  type Topic,
} from '../../../streams/topics.ts'
import type { AlertMessage, Channel } from '../channels/channel.ts'
import { AlertMemory, type DeliveryRules } from './alert-memory.ts'
import { messageFor } from './alert-message.ts'
import { DeliveryQueue, type DeliveryResult } from './delivery-queue.ts'
import { OffsetTracker } from './offset-tracker.ts'
import { readAll } from './read-all.ts'
import { RetrainTrigger } from './retrain-trigger.ts'

export interface AlertsServiceOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly channels: readonly Channel[]
  /** Consumer group; tests have their own. */
  readonly groupId?: string
  /** First wait between attempts, ms. */
  readonly firstWaitMs?: number
}

/** Where an alert lies in alerts.v1. */
interface Place {
  readonly partition: number
  readonly offset: number
}

const FETCH_BYTES = 256 * 1024
const MINUTE_MS = 60_000

export interface AlertStats {
  alerts: number
  delivered: number
  failed: number
  keptBack: number
  undecodable: number
  trainingsAsked: number
}

export async function runAlerts(options: AlertsServiceOptions): Promise<AlertsService> {
  const service = new AlertsService(options)
  await service.start()
  return service
}

export class AlertsService {
  readonly failed: Promise<never>
  private readonly options: AlertsServiceOptions
  private readonly rules: DeliveryRules
  private readonly memory = new AlertMemory()
  private readonly retrain: RetrainTrigger
  private readonly queues: readonly { readonly name: string; readonly queue: DeliveryQueue }[]
  private readonly consumer: Consumer
  private readonly producer: Producer
  private readonly trackers = new Map<number, OffsetTracker>()
  /** Work by `partition/offset`: a rebalance may bring an alert again that is still being delivered. */
  private readonly underWay = new Map<string, Promise<boolean>>()
  private readonly counts: AlertStats = {
    alerts: 0,
    delivered: 0,
    failed: 0,
    keptBack: 0,
    undecodable: 0,
    trainingsAsked: 0,
  }
  private stopping = false
  private fail: (reason: Error) => void = () => undefined

  constructor(options: AlertsServiceOptions) {
    this.options = options
    const { config, kafka, channels } = options
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    this.failed.catch(() => undefined)
    this.rules = {
      minSeverity: config.alertMinSeverity,
      cooldownMs: config.alertCooldownMinutes * MINUTE_MS,
      maxAgeMs: config.alertMaxAgeMinutes * MINUTE_MS,
      channels: channels.map(({ name }) => name),
    }
    this.retrain = new RetrainTrigger({
      kinds: config.alertRetrainKinds.split(',').filter((kind) => kind !== ''),
      cooldownMs: config.alertRetrainCooldownMinutes * MINUTE_MS,
      modelName: 'forward_return_30',
    })
    this.queues = channels.map((channel) => ({
      name: channel.name,
      queue: new DeliveryQueue({
        channel,
        attempts: config.alertAttempts,
        timeoutMs: config.alertTimeoutMs,
        ...(options.firstWaitMs === undefined ? {} : { firstWaitMs: options.firstWaitMs }),
      }),
    }))
    this.consumer = createGroupConsumer(kafka, config, {
      groupId: this.groupId,
      bytesPerPartition: FETCH_BYTES,
    })
    this.producer = createProducer(kafka)
  }

  private get groupId(): string {
    return this.options.groupId ?? 'candlewire-alerts'
  }

  stats(): object {
    const queued = Object.fromEntries(this.queues.map(({ name, queue }) => [name, queue.length]))
    return { ...this.counts, queued }
  }

  async start(): Promise<void> {
    const { config, logger } = this.options
    await this.remember()
    await this.producer.connect()
    await this.consumer.connect()
    await this.consumer.subscribe({ topic: alertsTopic.name, fromBeginning: true })
    const { CRASH, REBALANCING } = this.consumer.events
    // What is under way of a partition that may go elsewhere is recorded; its offset is the next owner's.
    this.consumer.on(REBALANCING, () => this.trackers.clear())
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.fail(payload.error)
    })
    await runJoined(this.consumer, config, {
      groupId: this.groupId,
      failed: this.failed,
      eachBatch: (payload) => whileBeating(payload, config, logger, () => this.eachBatch(payload)),
    })
    logger.info({ channels: this.rules.channels }, 'Alerts are delivered')
  }

  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    await Promise.all(this.queues.map(({ queue }) => queue.stop()))
    await Promise.allSettled(this.underWay.values())
    await this.consumer.disconnect()
    await this.producer.disconnect()
  }

  /** Step 1. */
  private async remember(): Promise<void> {
    const { config, codecs, logger } = this.options
    const reader = new PartitionReader(config, 'alerts-memory', logger)
    await reader.connect()
    try {
      await readAll(reader, codecs, alertDeliveriesTopic, (value) => this.memory.apply(value))
      await readAll(reader, codecs, trainingRequestsTopic, (value) => this.retrain.apply(value))
    } finally {
      await reader.disconnect()
    }
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { partition, messages } = payload.batch
    const tracker = this.trackers.get(partition) ?? new OffsetTracker()
    this.trackers.set(partition, tracker)
    for (const { offset, value } of messages) {
      if (this.stopping || !payload.isRunning() || payload.isStale()) return
      const at = Number(offset)
      tracker.begin(at)
      const alert = await this.decode(value)
      if (alert === undefined) {
        tracker.done(at)
      } else {
        this.takeUp(alert, partition, at, tracker)
      }
      payload.resolveOffset(offset)
    }
    await this.commit(partition, tracker)
  }

  private takeUp(alert: Alert, partition: number, offset: number, tracker: OffsetTracker): void {
    const place = `${partition}/${offset}`
    const earlier = this.underWay.get(place)
    const handled = earlier ?? this.handle(alert, partition, offset)
    this.underWay.set(place, handled)
    void handled.then(async (isDone) => {
      this.underWay.delete(place)
      if (isDone) tracker.done(offset)
      if (isDone && this.trackers.get(partition) === tracker) await this.commit(partition, tracker)
    })
  }

  private async decode(value: Buffer | null): Promise<Alert | undefined> {
    const codec = this.options.codecs.of(alertsTopic)
    try {
      await codec.prepare(value)
      return codec.decode(value)
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError) || thrown.retryable) throw thrown
      this.counts.undecodable += 1
      this.options.logger.warn({ cause: thrown.message }, 'An alert cannot be read and is passed')
      return undefined
    }
  }

  /**
   * Steps 2 to 4 of one alert. Never rejects: what cannot be recorded ends the service.
   * @returns whether all of it is recorded; not where the service was stopped before.
   */
  private async handle(alert: Alert, partition: number, offset: number): Promise<boolean> {
    try {
      this.counts.alerts += 1
      const place = { partition, offset }
      const doneBy = this.memory.doneBy(partition, offset)
      // Kept back, and recorded, before a crash.
      if (doneBy.has('')) return true
      const now = Date.now()
      const reason = doneBy.size > 0 ? undefined : this.memory.keptBack(alert, now, this.rules)
      if (reason === undefined || reason === 'no_channel') await this.askForTraining(alert, now)
      if (reason === undefined) return await this.deliverToAll(alert, place, doneBy, now)
      this.counts.keptBack += 1
      await this.record(alert, place, '', { outcome: reason, attempts: 0, detail: '' })
      return true
    } catch (thrown) {
      this.fail(thrown instanceof Error ? thrown : new Error(messageOf(thrown)))
      return false
    }
  }

  private async deliverToAll(
    alert: Alert,
    place: Place,
    doneBy: ReadonlySet<string>,
    nowMs: number,
  ): Promise<boolean> {
    this.memory.noteDelivery(alert, nowMs)
    const results = await Promise.all(
      this.queues
        .filter(({ name }) => !doneBy.has(name))
        .map(({ name, queue }) => this.deliver(alert, place, name, queue)),
    )
    if (results.includes(undefined)) return false
    // Nobody was told: the next time it is raised it is news.
    const isTold = results.some((result) => result?.outcome === 'delivered') || doneBy.size > 0
    if (!isTold) this.memory.forget(alert)
    return true
  }

  /** Steps 3 and 4. */
  private async deliver(
    alert: Alert,
    place: Place,
    channel: string,
    queue: DeliveryQueue,
  ): Promise<DeliveryResult | undefined> {
    const result = await queue.deliver(this.messageOf(alert, place, channel))
    if (result === undefined) return undefined
    const { logger } = this.options
    if (result.outcome === 'delivered') this.counts.delivered += 1
    else {
      this.counts.failed += 1
      const { kind, subject } = alert
      logger.error({ channel, kind, subject, ...result }, 'An alert could not be delivered')
    }
    await this.record(alert, place, channel, result)
    return result
  }

  private messageOf(alert: Alert, { partition, offset }: Place, channel: string): AlertMessage {
    return messageFor(this.options.config, alert, `${partition}/${offset}/${channel}`)
  }

  private async record(
    alert: Alert,
    place: Place,
    channel: string,
    { outcome, attempts, detail }: Omit<DeliveryResult, 'outcome'> & { readonly outcome: string },
  ): Promise<void> {
    const { fingerprint, subject, kind, severity, state, eventTimeMs } = alert
    const delivery: AlertDelivery = {
      fingerprint,
      subject,
      kind,
      severity,
      state,
      eventTimeMs,
      channel,
      outcome,
      attempts,
      detail,
      idempotenceKey: channel === '' ? '' : this.messageOf(alert, place, channel).idempotenceKey,
      sentAtMs: Date.now(),
      sourcePartition: place.partition,
      sourceOffset: place.offset,
    }
    await this.send(alertDeliveriesTopic, delivery)
    this.memory.apply(delivery)
  }

  private async askForTraining(alert: Alert, nowMs: number): Promise<void> {
    const request = this.retrain.requestFor(alert, nowMs)
    if (request === undefined) return
    this.retrain.apply(request)
    await this.send(trainingRequestsTopic, request)
    this.counts.trainingsAsked += 1
    const { requestId, modelName, trigger } = request
    this.options.logger.info({ requestId, modelName, trigger }, 'An alert asks for a training')
  }

  private async send<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    const message = { key: topic.keyOf(value), value: this.options.codecs.of(topic).encode(value) }
    await this.producer.send({ topic: topic.name, messages: [message] })
  }

  /** Step 5. A commit that fails is made good by the next; after a rebalance it is somebody else's. */
  private async commit(partition: number, tracker: OffsetTracker): Promise<void> {
    const offset = tracker.committable
    if (offset === undefined) return
    await this.consumer
      .commitOffsets([{ topic: alertsTopic.name, partition, offset: String(offset) }])
      .catch((cause: unknown) => {
        this.options.logger.debug(
          { partition, cause: messageOf(cause) },
          'An offset of alerts was not committed',
        )
      })
  }
}

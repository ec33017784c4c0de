/** Tells the rest of the pipeline what became of a published model: audit events and alerts. */
import { AlertPublisher } from '../../processors/alerts/alert-publisher.ts'
import { raised } from '../../processors/alerts/alert.ts'
import { modelEvent } from '../../processors/models/registry-entries.ts'
import type { Producer } from 'kafkajs'
import type { ModelVersion } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { modelEventsTopic, type Topic } from '../../streams/topics.ts'
import type { NamedVersion } from './named-version.ts'

export interface ModelNotices {
  loaded(version: ModelVersion, reason: string): Promise<void>
  refused(version: NamedVersion, check: string, reason: string): Promise<void>
  /** A server gave the version up because somebody asked for that. */
  retired(version: ModelVersion, reason: string): Promise<void>
}

export class KafkaModelNotices implements ModelNotices {
  private readonly producer: Pick<Producer, 'send'>
  private readonly codecs: Codecs
  private readonly logger: Logger
  private readonly actor: string
  private readonly newestEventTimeMs: () => number
  private readonly alerts: AlertPublisher

  /**
   * @param actor who speaks, for example `server@127.0.0.1:8080`.
   * @param newestEventTimeMs the newest event time this server has seen; 0 before the first.
   */
  constructor(
    producer: Pick<Producer, 'send'>,
    codecs: Codecs,
    logger: Logger,
    options: { readonly actor: string; readonly newestEventTimeMs: () => number },
  ) {
    this.producer = producer
    this.codecs = codecs
    this.logger = logger
    this.actor = options.actor
    this.newestEventTimeMs = options.newestEventTimeMs
    this.alerts = new AlertPublisher(producer, codecs, logger)
  }

  async loaded(version: ModelVersion, reason: string): Promise<void> {
    await this.event(version, 'loaded', reason)
  }

  async refused(version: NamedVersion, check: string, reason: string): Promise<void> {
    await this.event(version, 'refused', `${check}: ${reason}`)
    await this.alerts.publish(
      raised({
        kind: 'model_refused',
        subject: version.modelName,
        identity: { version: version.version, check },
        eventTimeMs: this.eventTimeMs(version),
        message: `${version.modelName}/${version.version} was refused: ${reason}`,
        labels: { model: version.modelName, actor: this.actor },
      }),
    )
  }

  async retired(version: ModelVersion, reason: string): Promise<void> {
    await this.event(version, 'retired', reason)
  }

  private event(version: NamedVersion, kind: string, reason: string): Promise<void> {
    const { modelName, version: number } = version
    const eventTimeMs = this.eventTimeMs(version)
    return this.publish(
      modelEventsTopic,
      modelEvent({
        modelName,
        version: number,
        eventTimeMs,
        kind,
        actor: this.actor,
        reason,
      }),
    )
  }

  private eventTimeMs(version: NamedVersion): number {
    return Math.max(version.trainedUntilMs, this.newestEventTimeMs())
  }

  /** A notice that cannot be sent must not stop a swap: it is logged and the server goes on. */
  private async publish<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    try {
      const message = { key: topic.keyOf(value), value: this.codecs.of(topic).encode(value) }
      await this.producer.send({ topic: topic.name, messages: [message] })
    } catch (thrown) {
      this.logger.error(
        { topic: topic.name, cause: messageOf(thrown) },
        'A model notice could not be published',
      )
    }
  }
}

/** Puts alerts of services, which have no step to put them out of, on alerts.v1. */
import type { Producer } from 'kafkajs'
import type { Alert } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { alertsTopic } from '../../streams/topics.ts'

export class AlertPublisher {
  private readonly producer: Pick<Producer, 'send'>
  private readonly codecs: Codecs
  private readonly logger: Logger

  /** @param producer connected; its owner closes it. */
  constructor(producer: Pick<Producer, 'send'>, codecs: Codecs, logger: Logger) {
    this.producer = producer
    this.codecs = codecs
    this.logger = logger
  }

  /**
   * Never rejects: who raises an alert has other work to go on with. What cannot be sent is logged.
   * @returns whether the broker has it.
   */
  async publish(alert: Alert): Promise<boolean> {
    try {
      const message = {
        key: alertsTopic.keyOf(alert),
        value: this.codecs.of(alertsTopic).encode(alert),
      }
      await this.producer.send({ topic: alertsTopic.name, messages: [message] })
      return true
    } catch (thrown) {
      const { kind, subject, state, message } = alert
      this.logger.error(
        { alert: { kind, subject, state, message }, cause: messageOf(thrown) },
        'An alert could not be published',
      )
      return false
    }
  }
}

/** Follows what is known of quality and alerts, for the routes that show it. */
import { AlertHistory } from '../processors/alerts/alert-history.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import { alertDeliveriesTopic, alertsTopic, modelQualityTopic } from '../streams/topics.ts'
import { QualityBoard } from './live/quality-board.ts'
import { decoded, TopicTail, type Reader } from './live/topic-tail.ts'

/** A day of three windows of a few versions, per partition. */
const BACKLOG_QUALITY = 6_000
const BACKLOG_ALERTS = 4_000

/** What the monitor routes ask. */
export interface Monitor {
  readonly quality: Pick<QualityBoard, 'of'>
  readonly alerts: Pick<AlertHistory, 'list'>
}

export class MonitorFeed implements Monitor {
  readonly quality = new QualityBoard()
  readonly alerts = new AlertHistory()
  private readonly tails: readonly TopicTail[]

  constructor(reader: Reader, codecs: Codecs, logger: Logger) {
    const tail = (topic: string, backlog: number, handle: Handler) =>
      new TopicTail({ reader, topic, backlog, handle, logger })
    this.tails = [
      tail(
        modelQualityTopic.name,
        BACKLOG_QUALITY,
        decoded(codecs.of(modelQualityTopic), logger, (quality) => this.quality.add(quality)),
      ),
      tail(
        alertsTopic.name,
        BACKLOG_ALERTS,
        decoded(codecs.of(alertsTopic), logger, (alert, place) => this.alerts.take(alert, place)),
      ),
      tail(
        alertDeliveriesTopic.name,
        BACKLOG_ALERTS,
        decoded(codecs.of(alertDeliveriesTopic), logger, (each) => this.alerts.deliver(each)),
      ),
    ]
  }

  async start(): Promise<void> {
    for (const tail of this.tails) await tail.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.tails.map((tail) => tail.stop()))
  }
}

type Handler = ConstructorParameters<typeof TopicTail>[0]['handle']

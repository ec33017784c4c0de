/**
 * Publishes articles for somebody who waits for the answer: all of one call or none, in bounded time.
 *
 * `news.v1` has one partition, so the articles of a call are one record batch, which the broker takes
 * whole or not at all. A call that failed may have been taken all the same; the ids of articles are
 * deterministic, so sending it again is safe.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Producer } from 'kafkajs'
import type { News } from '../../schemas/generated.ts'
import type { Codecs } from '../codec.ts'
import { CandlewireError, messageOf } from '../errors.ts'
import { createProducer, type KafkaClient } from '../kafka.ts'
import type { Logger } from '../log.ts'
import { newsTopic } from '../topics.ts'

/** The broker refuses batches above 1 MiB. */
const BATCH_BYTES_MAX = 900 * 1024
/** Calls that wait for the broker; each holds up to a batch in memory. */
const WAITING_MAX = 16
/** A person who pressed a button waits no longer. */
const ANSWER_MS = 5_000
const CLOSE_MS = 2_000

export interface PublisherOptions {
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** Longest time a call takes, ms. @default 5_000 */
  readonly answerMs?: number
}

export class ArticlePublisher {
  private readonly options: PublisherOptions
  /** Connected with the first call; given up with the first failure. */
  private producer: Promise<Producer> | undefined
  private waiting = 0
  private readonly closing = new AbortController()

  constructor(options: PublisherOptions) {
    this.options = options
  }

  /** @throws CandlewireError BROKER_FAILED, OVERLOADED, REQUEST_INVALID if the articles are too large together */
  async publish(articles: readonly News[]): Promise<void> {
    const codec = this.options.codecs.of(newsTopic)
    const messages = articles.map((article) => ({
      key: newsTopic.keyOf(article),
      value: codec.encode(article),
      timestamp: String(Math.max(0, newsTopic.eventTimeMsOf(article))),
    }))
    const bytes = messages.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
    if (bytes > BATCH_BYTES_MAX)
      throw new CandlewireError(
        'REQUEST_INVALID',
        `The articles have ${bytes} bytes together, more than ${BATCH_BYTES_MAX}`,
      )
    if (this.waiting >= WAITING_MAX)
      throw new CandlewireError('OVERLOADED', `${WAITING_MAX} calls wait for the broker already`)
    this.waiting += 1
    const sent = this.send(messages).finally(() => {
      this.waiting -= 1
    })
    await this.inTime(sent)
  }

  async close(): Promise<void> {
    this.closing.abort()
    // A producer that still looks for its broker is not waited for.
    await Promise.race([this.discard(this.producer), delay(CLOSE_MS, undefined, { ref: false })])
  }

  private async send(messages: { key: string; value: Buffer; timestamp: string }[]): Promise<void> {
    const producer = (this.producer ??= this.connect())
    try {
      await (await producer).send({ topic: newsTopic.name, acks: -1, messages })
    } catch (thrown) {
      // Its sequence numbers may no longer be those the broker expects: a later batch could be taken
      // for a repetition of this one and be dropped.
      await this.discard(producer)
      throw new CandlewireError(
        'BROKER_FAILED',
        `The articles were not confirmed: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
  }

  private async connect(): Promise<Producer> {
    const producer = createProducer(this.options.kafka)
    await producer.connect()
    return producer
  }

  private async discard(given: Promise<Producer> | undefined): Promise<void> {
    if (this.producer === given) this.producer = undefined
    try {
      await (await given)?.disconnect()
    } catch (thrown) {
      this.options.logger.debug(
        { cause: messageOf(thrown) },
        'A producer could not be disconnected',
      )
    }
  }

  private async inTime(sent: Promise<void>): Promise<void> {
    const { answerMs = ANSWER_MS } = this.options
    const timer = new AbortController()
    const signal = AbortSignal.any([timer.signal, this.closing.signal])
    const late = delay(answerMs, undefined, { signal, ref: false }).then(
      () => {
        throw new CandlewireError(
          'BROKER_FAILED',
          `The broker did not confirm the articles in ${answerMs} ms; they may arrive all the same`,
        )
      },
      () => {
        if (this.closing.signal.aborted)
          throw new CandlewireError('SERVICE_NOT_READY', 'The server is stopping')
      },
    )
    try {
      await Promise.race([sent, late])
    } finally {
      // Whichever comes second must not count as unhandled.
      sent.catch(() => undefined)
      late.catch(() => undefined)
      timer.abort()
    }
  }
}

/**
 * Writes proofs into `proofs.v1`: while a check runs now and then, at its end always.
 *
 * The topic is compacted and has one partition, so a reader finds the newest of every proof and scope
 * by reading it from the beginning (read-proofs.ts). Two checks of one scope at once write over each
 * other; what each found is whole, and the later one counts.
 */
import type { Producer } from 'kafkajs'
import type { Proof } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import { proofsTopic } from '../../streams/topics.ts'

/** Least time between two records of one running check, in ms. */
const SHOW_EVERY_MS = 1_000
/** Longest text that a record carries: it is shown to people. */
const TEXT_MAX = 2_000

/** What a check says of itself; the rest the writer knows. */
export type ProofNews = Omit<Proof, 'shownAt' | 'startedAt' | 'codeVersion' | 'proof' | 'scope'>

export const noNews: ProofNews = {
  state: 'running',
  compared: 0,
  different: 0,
  total: null,
  fromMs: null,
  toMs: null,
  digestPublished: null,
  digestRecomputed: null,
  firstDifference: null,
  detail: '',
}

export interface ProofWriterOptions {
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly codeVersion: string
  readonly now?: () => number
}

export class ProofWriter {
  private readonly options: ProofWriterOptions
  private readonly producer: Pick<Producer, 'connect' | 'send' | 'disconnect'>

  constructor(
    options: ProofWriterOptions,
    producer: Pick<Producer, 'connect' | 'send' | 'disconnect'> = createProducer(options.kafka),
  ) {
    this.options = options
    this.producer = producer
  }

  async connect(): Promise<void> {
    await this.producer.connect()
  }

  /** A check that begins now. @param scope instrument, or `all` */
  begin(proof: Proof['proof'], scope: string): ShownCheck {
    const now = this.options.now ?? Date.now
    const { codeVersion } = this.options
    const startedAt = now()
    const key = `${proof}/${scope}`
    return new ShownCheck(now, {
      publish: (news, shownAt) =>
        this.publish({ ...news, proof, scope, startedAt, shownAt, codeVersion }),
      takeBack: (earlier) =>
        earlier === undefined ? this.send(key, null, now()) : this.publish(earlier),
    })
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
  }

  private publish(proof: Proof): Promise<void> {
    const value = this.options.codecs.of(proofsTopic).encode(proof)
    return this.send(proofsTopic.keyOf(proof), value, proof.shownAt)
  }

  private async send(key: string, value: Buffer | null, timestampMs: number): Promise<void> {
    const message = { key, value, timestamp: String(timestampMs) }
    await this.producer.send({ topic: proofsTopic.name, acks: -1, messages: [message] })
  }
}

interface CheckRecords {
  readonly publish: (news: ProofNews, shownAt: number) => Promise<void>
  readonly takeBack: (earlier: Proof | undefined) => Promise<void>
}

/** One run of a check, as readers of `proofs.v1` see it. */
class ShownCheck {
  private readonly now: () => number
  private readonly records: CheckRecords
  private shownAt = -Infinity
  /** The record on its way; the next waits for it, so that they stay in order. */
  private sending: Promise<void> = Promise.resolve()
  private failure: unknown

  constructor(now: () => number, records: CheckRecords) {
    this.now = now
    this.records = records
  }

  /** Shows where a running check stands, if a second has passed since it did. Never waits. */
  show(of: () => Partial<ProofNews>): void {
    const shownAt = this.now()
    if (shownAt - this.shownAt < SHOW_EVERY_MS) return
    this.shownAt = shownAt
    const news = bounded({ ...noNews, ...of(), state: 'running' })
    this.sending = this.sending
      .then(() => this.records.publish(news, shownAt))
      .catch(this.keepFailure)
  }

  /** Writes the verdict behind everything shown before. @throws what the broker answered */
  async end(news: Partial<ProofNews> & Pick<ProofNews, 'state'>): Promise<void> {
    await this.sending
    if (this.failure !== undefined) throw this.failure as Error
    await this.records.publish(bounded({ ...noNews, ...news }), this.now())
  }

  /** Of a check that was given up: what was known before stands again, and nothing is left running. */
  async takeBack(earlier: Proof | undefined): Promise<void> {
    await this.sending
    await this.records.takeBack(earlier)
  }

  private readonly keepFailure = (thrown: unknown): void => {
    this.failure ??= thrown
  }
}

const cut = (text: string): string =>
  text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`

const bounded = (news: ProofNews): ProofNews => ({
  ...news,
  detail: cut(news.detail),
  firstDifference: news.firstDifference === null ? null : cut(news.firstDifference),
})

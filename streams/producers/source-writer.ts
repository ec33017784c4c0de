/**
 * Publishes what one source delivers, exactly once: records, dead letters and the source's cursor
 * go into one Kafka transaction.
 *
 * 1. `connect` fences every older writer of the same source and ends the transaction it left open.
 * 2. The caller reads the cursor back and goes on behind it.
 * 3. `add` sends records; the first one begins a transaction.
 * 4. `commit` adds the cursor and commits. A crash before that leaves nothing of it visible, a crash
 *    after that is followed by step 1 and the cursor just written: no record is lost or doubled.
 */
import { createHash } from 'node:crypto'
import type { Message, Producer, Transaction } from 'kafkajs'
import type { SourceCursor } from '../../schemas/generated.ts'
import type { Codecs } from '../codec.ts'
import { connectFenced } from '../connect-fenced.ts'
import { CandlewireError, messageOf } from '../errors.ts'
import { createProducer, type KafkaClient } from '../kafka.ts'
import type { Logger } from '../log.ts'
import { MetricSet } from '../metrics/metric-set.ts'
import { SourceMetrics } from './source-metrics.ts'
import { ingestStateTopic, type AnyTopic, type Topic } from '../topics.ts'

/** kafkajs groups the messages of a send in O(n^2): 250 to 1,000 are its best. */
const RECORDS_PER_SEND = 1000
/** One send becomes one batch per partition, which the broker refuses above 1 MiB. */
const BYTES_PER_SEND = 512 * 1024
/** Few enough that a restart repeats less than a second of work, many enough that commits cost nothing. */
const RECORDS_PER_TRANSACTION = 10_000
const BYTES_PER_TRANSACTION = 32 * 1024 * 1024

interface Waiting {
  messages: Message[]
  bytes: number
}

export interface SourceWriterDeps {
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
}

export class SourceWriter {
  private readonly codecs: Codecs
  private readonly logger: Logger
  private readonly producer: Producer
  private transaction: Transaction | undefined
  private waiting = new Map<string, Waiting>()
  private records = 0
  private bytes = 0
  /** The one send that is under way while the next rows are read; its failure is thrown by the next. */
  private sending: Promise<void> = Promise.resolve()

  private readonly metrics: SourceMetrics

  constructor(deps: SourceWriterDeps, sourceId: string) {
    this.metrics = new SourceMetrics(deps.metrics ?? new MetricSet(), sourceId)
    this.codecs = deps.codecs
    this.logger = deps.logger
    const digest = createHash('sha256').update(sourceId).digest('hex')
    this.producer = createProducer(deps.kafka, `ingest-${digest.slice(0, 32)}`)
  }

  /** @throws CandlewireError BROKER_FAILED */
  connect(): Promise<void> {
    return asKafkaFailure(() => connectFenced(this.producer))
  }

  /** Records added since the last commit. */
  get uncommitted(): number {
    return this.records
  }

  /** Whether the transaction has reached the size at which it should be committed. */
  get isFull(): boolean {
    return this.records >= RECORDS_PER_TRANSACTION || this.bytes >= BYTES_PER_TRANSACTION
  }

  /** Waits when more than one send would be under way: what the broker cannot take is not read ahead.
   *  @throws CandlewireError BROKER_FAILED, FENCED */
  async add<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    const bytes = this.codecs.of(topic).encode(value)
    const waiting = this.waitingFor(topic)
    if (
      waiting.messages.length >= RECORDS_PER_SEND ||
      waiting.bytes + bytes.length > BYTES_PER_SEND
    )
      await this.send(topic)
    const target = this.waitingFor(topic)
    const eventTimeMs = topic.eventTimeMsOf(value)
    target.messages.push({
      key: topic.keyOf(value),
      value: bytes,
      timestamp: String(Math.max(0, eventTimeMs)),
    })
    this.metrics.add(topic, eventTimeMs)
    target.bytes += bytes.length
    this.records += 1
    this.bytes += bytes.length
  }

  /** @throws CandlewireError BROKER_FAILED, FENCED; what was added is then not published */
  async commit(cursor: SourceCursor): Promise<void> {
    await this.add(ingestStateTopic, cursor)
    for (const name of this.waiting.keys()) await this.send({ name })
    await this.sending
    const transaction = this.transaction
    if (transaction === undefined)
      throw new CandlewireError('BROKER_FAILED', 'No transaction to commit')
    await asKafkaFailure(() => transaction.commit())
    this.transaction = undefined
    this.records = 0
    this.bytes = 0
    this.metrics.committed()
  }

  /** Drops what is not committed and closes the connection. */
  async close(): Promise<void> {
    await this.sending.catch(() => undefined)
    if (this.transaction?.isActive() === true) {
      await this.transaction.abort().catch((thrown: unknown) => {
        this.logger.debug(
          { cause: messageOf(thrown) },
          'Aborting the transaction failed; the next writer of the source ends it',
        )
      })
    }
    await this.producer.disconnect()
  }

  private waitingFor(topic: Pick<AnyTopic, 'name'>): Waiting {
    const known = this.waiting.get(topic.name)
    if (known !== undefined) return known
    const waiting: Waiting = { messages: [], bytes: 0 }
    this.waiting.set(topic.name, waiting)
    return waiting
  }

  private async send(topic: Pick<AnyTopic, 'name'>): Promise<void> {
    const { messages } = this.waitingFor(topic)
    this.waiting.set(topic.name, { messages: [], bytes: 0 })
    if (messages.length === 0) return
    await this.sending
    this.sending = asKafkaFailure(async () => {
      this.transaction ??= await this.producer.transaction()
      await this.transaction.send({ topic: topic.name, acks: -1, messages })
    })
    // Handled by whoever awaits it next; until then it must not count as unhandled.
    this.sending.catch(() => undefined)
  }
}

async function asKafkaFailure<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof CandlewireError) throw thrown
    const type = (thrown as { type?: unknown }).type
    const isFenced = type === 'INVALID_PRODUCER_EPOCH' || type === 'PRODUCER_FENCED'
    if (isFenced)
      throw new CandlewireError('FENCED', 'Another process produces the same input', {
        cause: thrown,
      })
    throw new CandlewireError('BROKER_FAILED', `Producing failed: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

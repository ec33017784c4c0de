/** The vectors of one partition as they were published, in order, with what a replay must know of them. */
import type { Features } from '../../schemas/generated.ts'
import type { TopicCodec } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { candlesTopic, sentimentTopic } from '../../streams/topics.ts'
import { readAhead } from './read-ahead.ts'

/** Something else than the processor has written the vector: no candle makes it. */
export const NO_CANDLE = -1

type Head = Pick<Features, 'instrument' | 'eventTimeMs' | 'featureSetFingerprint' | 'lineage'>

/** Its bytes; the rest is read when somebody asks, since most vectors only have to be the expected ones. */
export class PublishedVector {
  readonly offset: number
  readonly bytes: Buffer
  private readonly timestampMs: number
  private readonly heads: TopicCodec<Head>
  private readonly unprepared: string | undefined
  private readonly head: { value?: Head; fault?: string } = {}

  /** @param unprepared why its schema is not known; unset where it is. */
  constructor(record: RawRecord, heads: TopicCodec<Head>, unprepared: string | undefined) {
    this.offset = record.offset
    this.bytes = record.value ?? Buffer.alloc(0)
    this.timestampMs = record.timestampMs
    this.heads = heads
    this.unprepared = unprepared
  }

  /** Why it is no vector at all; undefined of one that is. */
  get fault(): string | undefined {
    this.read()
    return this.head.fault
  }

  get instrument(): string {
    return this.read().instrument
  }

  get eventTimeMs(): number {
    return this.read().eventTimeMs
  }

  get featureSetFingerprint(): string {
    return this.read().featureSetFingerprint
  }

  /** Offset of the candle that brought it about; {@link NO_CANDLE} of a vector without lineage. */
  get candleOffset(): number {
    return this.inputOf(candlesTopic.name)
  }

  /** First sentiment offset that it could not know. */
  get cut(): number {
    return this.inputOf(sentimentTopic.name) + 1
  }

  private inputOf(topic: string): number {
    return this.read().lineage.find((input) => input.topic === topic)?.toOffset ?? -1
  }

  private read(): Head {
    this.head.value ??= this.decoded()
    return this.head.value
  }

  /** Whatever lies in the log must be told, not stop the replay: what cannot be read comes from no candle. */
  private decoded(): Head {
    try {
      if (this.unprepared !== undefined)
        throw new CandlewireError('SCHEMA_UNKNOWN', this.unprepared)
      return this.heads.decode(this.bytes)
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError)) throw thrown
      this.head.fault = thrown.message
      return {
        instrument: '(unreadable)',
        eventTimeMs: this.timestampMs,
        featureSetFingerprint: '',
        lineage: [],
      }
    }
  }
}

export class PublishedVectors {
  private readonly batches: AsyncGenerator<RawRecord[]>
  private readonly heads: TopicCodec<Head>
  private waiting: PublishedVector[] = []
  private at = 0
  private ended = false

  constructor(batches: AsyncIterable<RawRecord[]>, codec: TopicCodec<Features>) {
    this.batches = readAhead(batches)
    this.heads = codec.projection(['instrument', 'eventTimeMs', 'featureSetFingerprint', 'lineage'])
  }

  /** The next vector, which stays the next; undefined at the end. Call {@link fill} before. */
  get next(): PublishedVector | undefined {
    return this.waiting[this.at]
  }

  /** Goes past the next vector. */
  take(): void {
    this.at += 1
  }

  /** Whether {@link fill} has something to do. */
  get isEmpty(): boolean {
    return this.at >= this.waiting.length && !this.ended
  }

  /** Makes sure that `next` is the next vector, if there is one. @throws CandlewireError SERVICE_NOT_READY */
  async fill(): Promise<void> {
    while (this.isEmpty) {
      const step = await this.batches.next()
      if (step.done === true) {
        this.ended = true
        return
      }
      this.at = 0
      this.waiting = []
      for (const record of step.value) {
        const unprepared = this.heads.knows(record.value) ? undefined : await this.prepare(record)
        this.waiting.push(new PublishedVector(record, this.heads, unprepared))
      }
    }
  }

  private async prepare({ value }: RawRecord): Promise<string | undefined> {
    try {
      await this.heads.prepare(value)
      return undefined
    } catch (thrown) {
      if (thrown instanceof CandlewireError && thrown.code === 'SCHEMA_UNKNOWN')
        return thrown.message
      throw thrown
    }
  }

  async close(): Promise<void> {
    await this.batches.return(undefined)
  }
}

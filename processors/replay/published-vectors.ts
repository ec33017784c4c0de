/** The vectors of one partition as they were published, in order, with what a replay must know of them. */
import type { Features } from '../../schemas/generated.ts'
import type { TopicCodec } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { candlesTopic, sentimentTopic } from '../../streams/topics.ts'
import { readAhead } from './read-ahead.ts'

/** Something else than the processor has written the vector: no candle makes it. */
export const NO_CANDLE = -1

export interface PublishedVector {
  readonly offset: number
  readonly bytes: Buffer
  readonly instrument: string
  readonly eventTimeMs: number
  readonly featureSetFingerprint: string
  /** Offset of the candle that brought it about; {@link NO_CANDLE} of a vector without lineage. */
  readonly candleOffset: number
  /** First sentiment offset that it could not know. */
  readonly cut: number
}

type Head = Pick<Features, 'instrument' | 'eventTimeMs' | 'featureSetFingerprint' | 'lineage'>

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

  /** Makes sure that `next` is the next vector, if there is one. */
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
        if (!this.heads.knows(record.value)) await this.heads.prepare(record.value)
        this.waiting.push(vectorOf(record, this.heads.decode(record.value)))
      }
    }
  }

  async close(): Promise<void> {
    await this.batches.return(undefined)
  }
}

function vectorOf({ offset, value }: RawRecord, head: Head): PublishedVector {
  const candle = head.lineage.find(({ topic }) => topic === candlesTopic.name)
  if (value === null)
    throw new CandlewireError('RECORD_UNDECODABLE', `Vector at offset ${offset} is empty`)
  const article = head.lineage.find(({ topic }) => topic === sentimentTopic.name)
  return {
    offset,
    bytes: value,
    instrument: head.instrument,
    eventTimeMs: head.eventTimeMs,
    featureSetFingerprint: head.featureSetFingerprint,
    candleOffset: candle?.toOffset ?? NO_CANDLE,
    cut: (article?.toOffset ?? -1) + 1,
  }
}

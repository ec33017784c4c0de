/** The score of one partition: what was published beside what is made, both digests, the first difference. */
import type { Lineage } from '../../../schemas/generated.ts'
import { schemaIdOf, type TopicCodec } from '../../../streams/codec.ts'
import { CandlewireError } from '../../../streams/errors.ts'
import type { RawRecord } from '../../../streams/partition-reader.ts'
import { DigestChain } from '../../runtime/digest-chain.ts'
import { differingBytes } from '../differing-bytes.ts'
import { differingFields } from '../differing-fields.ts'
import type { ReplayRange } from '../replay-partition.ts'

/** Fields named in a difference at most. */
const FIELDS_SHOWN = 8

/** What every derived record says of itself. */
export interface Derived {
  readonly instrument: string
  readonly lineage: readonly Lineage[]
}

export interface MadeRecord<Value> {
  readonly value: Value
  readonly bytes: Buffer
}

/** Where two sides part, with the inputs that the record was made of. */
export interface RecordDifference {
  readonly topic: string
  readonly partition: number
  readonly instrument: string
  readonly eventTimeMs: number
  /** Null where nothing was published. */
  readonly publishedOffset: number | null
  readonly inputs: readonly Lineage[]
  /** What differs, in words. */
  readonly what: string
  /** Where the bytes part, and both there; null where only one side has a record. */
  readonly bytes: string | null
}

export interface RecordsResult {
  readonly topic: string
  readonly partition: number
  readonly compared: number
  readonly differing: number
  /** Published under another schema with the same values: their bytes cannot be equal. */
  readonly otherSchema: number
  /** Digest chains over the compared values (digest-chain.ts), hex. */
  readonly publishedDigest: string
  readonly replayedDigest: string
  readonly firstDifference: RecordDifference | undefined
}

export interface TallyOptions<Value extends Derived> {
  readonly codec: TopicCodec<Value>
  readonly partition: number
  /** By event time and by the offset of the first input that a record names. */
  readonly range: ReplayRange
}

export class RecordTally<Value extends Derived> {
  readonly codec: TopicCodec<Value>
  private readonly partition: number
  private readonly range: ReplayRange
  private readonly published: DigestChain
  private readonly replayed: DigestChain
  private first: RecordDifference | undefined
  private readonly counts = { compared: 0, differing: 0, otherSchema: 0 }

  constructor({ codec, partition, range }: TallyOptions<Value>) {
    this.codec = codec
    this.partition = partition
    this.range = range
    this.published = new DigestChain(codec.topic.name, 0)
    this.replayed = new DigestChain(codec.topic.name, 0)
  }

  get score(): { readonly compared: number; readonly differing: number } {
    return this.counts
  }

  /** Whether the range of the replay has this record. */
  isWanted(value: Value): boolean {
    const { fromMs, toMs, fromOffset, toOffset, instrument } = this.range
    const at = this.codec.topic.eventTimeMsOf(value)
    const offset = value.lineage[0]?.fromOffset ?? 0
    return (
      at >= fromMs &&
      at <= toMs &&
      offset >= fromOffset &&
      offset <= toOffset &&
      (instrument === undefined || value.instrument === instrument)
    )
  }

  /** Both stand for the same record. @param why of the difference, where the caller knows it */
  pair(record: RawRecord, made: MadeRecord<Value>, why?: string): void {
    if (!this.isWanted(made.value)) return
    const bytes = record.value ?? Buffer.alloc(0)
    if (bytes.equals(made.bytes)) {
      this.counts.compared += 1
      this.published.add(bytes)
      this.replayed.add(bytes)
      return
    }
    const was = this.read(record)
    const fields = was.value === undefined ? [] : differingFields(was.value, made.value)
    if (fields.length === 0 && was.fault === undefined && this.isOfOtherSchema(bytes)) {
      this.counts.otherSchema += 1
      return
    }
    const what = was.fault ?? fieldsText(fields)
    this.differs(record, made.value, why === undefined ? what : `${why}: ${what}`, [
      bytes,
      made.bytes,
    ])
  }

  /** The replay makes it, and it was not published. */
  missing(made: MadeRecord<Value>): void {
    if (!this.isWanted(made.value)) return
    const what = 'the replay makes a record that was not published'
    this.differs(undefined, made.value, what, [undefined, made.bytes])
  }

  /** It was published, and the replay does not make it. */
  extra(record: RawRecord, why = 'a record was published that the replay does not make'): void {
    const { value, fault } = this.read(record)
    if (value !== undefined && !this.isWanted(value)) return
    this.differs(record, value, fault ?? why, [record.value ?? Buffer.alloc(0), undefined])
  }

  /** Decodes what was published; its schema must be known (`prepare`). */
  read(record: RawRecord): { readonly value?: Value; readonly fault?: string } {
    try {
      return { value: this.codec.decode(record.value) }
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError)) throw thrown
      return { fault: `the record cannot be read: ${thrown.message}` }
    }
  }

  result(): RecordsResult {
    return {
      topic: this.codec.topic.name,
      partition: this.partition,
      ...this.counts,
      publishedDigest: this.published.digest,
      replayedDigest: this.replayed.digest,
      firstDifference: this.first,
    }
  }

  private isOfOtherSchema(bytes: Buffer): boolean {
    const id = schemaIdOf(bytes)
    return id !== undefined && id !== this.codec.schemaId
  }

  private differs(
    record: RawRecord | undefined,
    value: Value | undefined,
    what: string,
    [was, is]: readonly [Buffer | undefined, Buffer | undefined],
  ): void {
    this.counts.compared += 1
    this.counts.differing += 1
    if (was !== undefined) this.published.add(was)
    if (is !== undefined) this.replayed.add(is)
    const topic = this.codec.topic
    this.first ??= {
      topic: topic.name,
      partition: this.partition,
      instrument: value?.instrument ?? '(unreadable)',
      eventTimeMs: value === undefined ? (record?.timestampMs ?? 0) : topic.eventTimeMsOf(value),
      publishedOffset: record?.offset ?? null,
      inputs: value?.lineage ?? [],
      what,
      bytes: was === undefined || is === undefined ? null : differingBytes(was, is),
    }
  }
}

function fieldsText(fields: readonly string[]): string {
  if (fields.length === 0) return 'the same values in other bytes'
  const more = fields.length - FIELDS_SHOWN
  return fields.slice(0, FIELDS_SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '')
}

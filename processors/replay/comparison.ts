/** Compares what was published with what a replay makes of the same inputs, and keeps the score. */
import type { Features } from '../../schemas/generated.ts'
import type { TopicCodec } from '../../streams/codec.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { DigestChain } from '../runtime/digest-chain.ts'
import { differingFields } from './differing-fields.ts'
import { differingBytes } from './differing-bytes.ts'
import type { PublishedVector } from './published-vectors.ts'
import type { MadeVector } from './vector-encoder.ts'

/** Features named in a difference at most. */
const FEATURES_SHOWN = 8

export interface Difference {
  readonly partition: number
  readonly instrument: string
  readonly eventTimeMs: number
  /** Offset in features.v1; null where nothing was published. */
  readonly publishedOffset: number | null
  readonly candleOffset: number
  /** First sentiment offset that was not known; null where nothing was published. */
  readonly cut: number | null
  /** What differs, in words. */
  readonly what: string
  /** Where the bytes part, and both there; null where only one side has a vector. */
  readonly bytes: string | null
}

export interface PartitionResult {
  readonly partition: number
  /** Candles replayed, those before the range included. */
  readonly candles: number
  readonly compared: number
  readonly differing: number
  /** Published by code with other features: their bytes cannot be equal. */
  readonly otherFeatures: number
  /** Digest chains over the compared values (digest-chain.ts), hex. */
  readonly publishedDigest: string
  readonly replayedDigest: string
  readonly firstDifference: Difference | undefined
  /** First and last event time compared; NaN of nothing. */
  readonly fromMs: number
  readonly toMs: number
}

export class Comparison {
  private readonly codec: TopicCodec<Features>
  private readonly partition: number
  private readonly replayed = new DigestChain(featuresTopic.name, 0)
  /** Unset: everything was equal so far, and so are the chains. */
  private published: DigestChain | undefined
  private first: Difference | undefined
  private counts = { compared: 0, differing: 0, otherFeatures: 0 }
  private fromMs = NaN
  private toMs = NaN

  constructor(codec: TopicCodec<Features>, partition: number) {
    this.codec = codec
    this.partition = partition
  }

  /** What was compared and found different so far. */
  get score(): { readonly compared: number; readonly differing: number } {
    return this.counts
  }

  /** Both stand for the same candle; either may be missing. @param candleOffset that makes them. */
  add(
    published: PublishedVector | undefined,
    made: MadeVector | undefined,
    candleOffset: number,
  ): void {
    const isEqual = made !== undefined && published?.bytes.equals(made.bytes) === true
    if (!isEqual && this.isOfOtherFeatures(published, made)) {
      this.counts.otherFeatures += 1
      return
    }
    this.counts.compared += 1
    const eventTimeMs = (made ?? published)!.eventTimeMs
    if (!(eventTimeMs >= this.fromMs)) this.fromMs = eventTimeMs
    if (!(eventTimeMs <= this.toMs)) this.toMs = eventTimeMs
    if (isEqual) {
      this.published?.add(made.bytes)
      this.replayed.add(made.bytes)
      return
    }
    this.addUnequal(published, made, candleOffset)
  }

  /** The codec has the last word on what the vector is written as. */
  private addUnequal(
    published: PublishedVector | undefined,
    made: MadeVector | undefined,
    candleOffset: number,
  ): void {
    const value = made === undefined ? undefined : this.codec.decode(made.bytes)
    const bytes = value === undefined ? undefined : this.codec.encode(value)
    this.published ??= this.replayed.fork()
    if (published !== undefined) this.published.add(published.bytes)
    if (bytes !== undefined) this.replayed.add(bytes)
    if (published !== undefined && bytes?.equals(published.bytes) === true) return
    this.counts.differing += 1
    this.first ??= {
      partition: this.partition,
      instrument: (published ?? made)!.instrument,
      eventTimeMs: (published ?? made)!.eventTimeMs,
      publishedOffset: published?.offset ?? null,
      candleOffset: published?.candleOffset ?? candleOffset,
      cut: published?.cut ?? null,
      what: this.whatDiffers(published, value),
      bytes:
        published === undefined || bytes === undefined
          ? null
          : differingBytes(published.bytes, bytes),
    }
  }

  private isOfOtherFeatures(
    published: PublishedVector | undefined,
    made: MadeVector | undefined,
  ): boolean {
    if (published === undefined || made === undefined || published.fault !== undefined) return false
    return published.featureSetFingerprint !== this.codec.decode(made.bytes).featureSetFingerprint
  }

  result(candles: number): PartitionResult {
    const { partition, fromMs, toMs, counts, replayed, published, first } = this
    return {
      partition,
      candles,
      ...counts,
      publishedDigest: (published ?? replayed).digest,
      replayedDigest: replayed.digest,
      firstDifference: first,
      fromMs,
      toMs,
    }
  }

  private whatDiffers(
    published: PublishedVector | undefined,
    replayed: Features | undefined,
  ): string {
    if (published === undefined) return 'the replay makes a vector that was not published'
    if (published.fault !== undefined) return `the record is no vector: ${published.fault}`
    if (replayed === undefined) return 'a vector was published that the replay does not make'
    const was = this.codec.decode(published.bytes)
    const differing = differingFields(was, replayed)
    if (differing.length === 0) return 'the same values, written by another schema'
    const more = differing.length - FEATURES_SHOWN
    return differing.slice(0, FEATURES_SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '')
  }
}

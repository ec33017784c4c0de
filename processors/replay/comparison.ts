/** Compares what was published with what a replay makes of the same inputs, and keeps the score. */
import { createHash } from 'node:crypto'
import type { Features } from '../../schemas/generated.ts'
import type { TopicCodec } from '../../streams/codec.ts'
import { differingFields } from './differing-fields.ts'
import type { PublishedVector } from './published-vectors.ts'

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
}

export interface PartitionResult {
  readonly partition: number
  /** Candles replayed, those before the range included. */
  readonly candles: number
  readonly compared: number
  readonly differing: number
  /** Published by code with other features: their bytes cannot be equal. */
  readonly otherFeatures: number
  /** sha256 over the compared values, hex. */
  readonly publishedDigest: string
  readonly replayedDigest: string
  readonly firstDifference: Difference | undefined
}

export class Comparison {
  private readonly codec: TopicCodec<Features>
  private readonly partition: number
  private readonly published = createHash('sha256')
  private readonly replayed = createHash('sha256')
  private first: Difference | undefined
  private counts = { compared: 0, differing: 0, otherFeatures: 0 }

  constructor(codec: TopicCodec<Features>, partition: number) {
    this.codec = codec
    this.partition = partition
  }

  /** Both stand for the same candle; either may be missing. */
  add(published: PublishedVector | undefined, replayed: Features | undefined): void {
    const fingerprint = replayed?.featureSetFingerprint
    if (published !== undefined && fingerprint !== undefined) {
      if (published.featureSetFingerprint !== fingerprint) {
        this.counts.otherFeatures += 1
        return
      }
    }
    const bytes = replayed === undefined ? undefined : this.codec.encode(replayed)
    if (published !== undefined) this.published.update(published.bytes)
    if (bytes !== undefined) this.replayed.update(bytes)
    this.counts.compared += 1
    if (published !== undefined && bytes?.equals(published.bytes) === true) return
    this.counts.differing += 1
    this.first ??= this.differenceOf(published, replayed)
  }

  result(candles: number): PartitionResult {
    return {
      partition: this.partition,
      candles,
      ...this.counts,
      publishedDigest: this.published.digest('hex'),
      replayedDigest: this.replayed.digest('hex'),
      firstDifference: this.first,
    }
  }

  private differenceOf(
    published: PublishedVector | undefined,
    replayed: Features | undefined,
  ): Difference {
    return {
      partition: this.partition,
      instrument: (published ?? replayed)!.instrument,
      eventTimeMs: (published ?? replayed)!.eventTimeMs,
      publishedOffset: published?.offset ?? null,
      candleOffset: published?.candleOffset ?? replayed?.lineage[0]?.toOffset ?? -1,
      cut: published?.cut ?? null,
      what: this.whatDiffers(published, replayed),
    }
  }

  private whatDiffers(
    published: PublishedVector | undefined,
    replayed: Features | undefined,
  ): string {
    if (published === undefined) return 'the replay makes a vector that was not published'
    if (replayed === undefined) return 'a vector was published that the replay does not make'
    const was = this.codec.decode(published.bytes)
    const differing = differingFields(was, replayed)
    if (differing.length === 0) return 'the same values, written by another schema'
    const more = differing.length - FEATURES_SHOWN
    return differing.slice(0, FEATURES_SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '')
  }
}

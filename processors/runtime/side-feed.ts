/**
 * Brings the side input of one partition into its states: everything that is decided at the moment
 * of asking, in offset order, as long as the states have room.
 *
 * The position is the cut: it goes into the transaction and the lineage, so that recovery and replay
 * know which side records a published record could have seen.
 */
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { InputDecoder } from './input-decoder.ts'
import type { KeyedState } from './keyed-state.ts'
import type { Outgoing } from './processor.ts'

/** Records between two looks at whether the states are full: the bound is passed by at most these. */
const RECORDS_PER_LOOK = 100

export interface SideFeedOptions {
  readonly reader: PartitionReader
  readonly decoder: InputDecoder
  readonly states: KeyedState<unknown, object>
  readonly topic: string
  readonly partition: number
  /** First offset that is not in the states. */
  readonly from: number
}

export class SideFeed {
  private readonly options: SideFeedOptions
  private end: number
  private deadLetters: Outgoing[] = []
  /** First offset that is not in the states. */
  position: number
  /** Records taken since it was made. */
  taken = 0

  constructor(options: SideFeedOptions) {
    this.options = options
    this.position = options.from
    this.end = options.from
  }

  /**
   * Takes what lies before the last stable offset of now.
   * @throws CandlewireError BROKER_FAILED after 60 s without progress
   */
  async takeDecided(): Promise<void> {
    const { reader, topic, partition } = this.options
    this.end = await reader.endOffset(topic, partition)
    await this.takeMore()
  }

  /** Whether the states were too full for all that was decided at the last asking. */
  get isBehind(): boolean {
    return this.position < this.end
  }

  /** Goes on towards the end asked for last, as far as the states have room. */
  async takeMore(): Promise<void> {
    if (!this.options.states.isFull) await this.takeUntil(this.end)
  }

  /** Takes what lies before `end`, or up to where the states are full. */
  async takeUntil(end: number, options: { evenIfFull?: true } = {}): Promise<void> {
    const { reader, decoder, states, topic, partition } = this.options
    if (this.position >= end) return
    for await (const batch of reader.read(topic, partition, this.position, end)) {
      for (let from = 0; from < batch.length; from += RECORDS_PER_LOOK) {
        if (states.isFull && options.evenIfFull !== true) return
        const slice = batch.slice(from, from + RECORDS_PER_LOOK)
        const decoded = await decoder.decode(slice)
        for (const record of decoded.records) states.applySide(record)
        this.deadLetters.push(...decoded.deadLetters)
        this.position = slice.at(-1)!.offset + 1
        this.taken += slice.length
      }
    }
    this.position = end
  }

  /** What could not be decoded since the last call. */
  takeDeadLetters(): Outgoing[] {
    const taken = this.deadLetters
    this.deadLetters = []
    return taken
  }
}

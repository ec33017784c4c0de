/**
 * Brings the side input of one partition into its states, in offset order: everything that is decided
 * at the moment of asking, as long as the states have room; or, where the input names its cuts,
 * exactly what lies before the cut of the next record.
 *
 * The position is the cut: it goes into the transaction and the lineage, so that recovery and replay
 * know which side records a published record could have seen.
 */
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
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
  /** Where cuts are named: records that were read and not taken, from `nextAhead` on; one fetch at most. */
  private ahead: readonly RawRecord[] = []
  private nextAhead = 0
  /** Everything below is taken or in `ahead`. */
  private aheadEnd: number
  private reading: { batches: AsyncGenerator<RawRecord[]>; end: number } | undefined
  /** First offset that is not in the states. */
  position: number
  /** Records taken since it was made. */
  taken = 0

  constructor(options: SideFeedOptions) {
    this.options = options
    this.position = options.from
    this.end = options.from
    this.aheadEnd = options.from
  }

  /** Asks how far the side input is decided: no cut beyond that is believed. */
  async lookAhead(): Promise<void> {
    const { reader, topic, partition } = this.options
    this.end = await reader.endOffset(topic, partition)
  }

  /** The same where that is known. */
  believeCutsUntil(end: number): void {
    this.end = end
  }

  /** Whether {@link takeBefore} has anything to do. */
  isBefore(cut: number): boolean {
    return this.position < Math.min(cut, this.end)
  }

  /**
   * Takes exactly what lies before a cut that the input names.
   * @throws CandlewireError BROKER_FAILED after 60 s without progress
   */
  async takeBefore(cut: number): Promise<void> {
    const until = Math.min(cut, this.end)
    while (this.position < until) {
      if (this.nextAhead === this.ahead.length && this.aheadEnd < until) await this.readAhead()
      const from = this.nextAhead
      while ((this.ahead[this.nextAhead]?.offset ?? Infinity) < until) this.nextAhead += 1
      await this.take(this.ahead.slice(from, this.nextAhead))
      if (this.nextAhead < this.ahead.length || this.aheadEnd >= until) this.position = until
    }
  }

  /** The next fetch of what is decided: it serves many cuts. */
  private async readAhead(): Promise<void> {
    const { reader, topic, partition } = this.options
    this.reading ??= {
      batches: reader.read(topic, partition, this.aheadEnd, this.end),
      end: this.end,
    }
    const next = await this.reading.batches.next()
    const done = next.done === true
    this.nextAhead = 0
    this.ahead = next.done === true ? [] : next.value
    // A read ends behind aborted records and markers, too.
    this.aheadEnd = done ? this.reading.end : this.ahead.at(-1)!.offset + 1
    if (done) this.reading = undefined
  }

  private async take(slice: readonly RawRecord[]): Promise<void> {
    const { decoder, states } = this.options
    const decoded = await decoder.decode(slice)
    for (const record of decoded.records) states.applySide(record)
    this.deadLetters.push(...decoded.deadLetters)
    this.taken += slice.length
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
    const { reader, states, topic, partition } = this.options
    if (this.position >= end) return
    for await (const batch of reader.read(topic, partition, this.position, end)) {
      for (let from = 0; from < batch.length; from += RECORDS_PER_LOOK) {
        if (states.isFull && options.evenIfFull !== true) return
        const slice = batch.slice(from, from + RECORDS_PER_LOOK)
        await this.take(slice)
        this.position = slice.at(-1)!.offset + 1
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

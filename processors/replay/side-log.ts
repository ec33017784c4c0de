/** The side input of one partition, read ahead and taken up to one cut after the other. */
import type { RawRecord } from '../../streams/partition-reader.ts'
import type { InputDecoder } from '../runtime/input-decoder.ts'
import type { KeyedState } from '../runtime/keyed-state.ts'
import type { Incoming } from '../runtime/processor.ts'
import { readAhead } from './read-ahead.ts'

export class SideLog<In, State extends object> {
  private readonly batches: AsyncGenerator<RawRecord[]>
  private readonly decoder: InputDecoder
  private readonly states: KeyedState<In, State>
  private waiting: readonly Incoming<unknown>[] = []
  private at = 0
  /** First offset that was not taken. */
  private position: number

  constructor(
    batches: AsyncIterable<RawRecord[]>,
    decoder: InputDecoder,
    states: KeyedState<In, State>,
    from = 0,
  ) {
    this.position = from
    this.batches = readAhead(batches)
    this.decoder = decoder
    this.states = states
  }

  /** The cut that was taken last. */
  get cut(): number {
    return this.position
  }

  /** Whether records before this cut may be missing in the states. */
  isBefore(cut: number): boolean {
    return this.position < cut
  }

  /** Takes the records before the cut into the states. */
  async takeUntil(cut: number): Promise<void> {
    for (;;) {
      while (this.at < this.waiting.length && this.waiting[this.at]!.offset < cut) {
        this.states.applySide(this.waiting[this.at]!)
        this.at += 1
      }
      if (this.at < this.waiting.length) break
      const step = await this.batches.next()
      if (step.done === true) break
      this.waiting = (await this.decoder.decode(step.value)).records
      this.at = 0
    }
    this.position = cut
  }

  async close(): Promise<void> {
    await this.batches.return(undefined)
  }
}

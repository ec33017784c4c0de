/**
 * Runs a processor with real codecs to bytes and no broker. A test reads as data: send inputs, crash
 * somewhere, look at the published bytes. A processor's `finish` is not called.
 */
import assert from 'node:assert/strict'
import { offlineCodecs, type Codecs } from '../../streams/codec.ts'
import { ALL_TOPICS, type Topic } from '../../streams/topics.ts'
import { KeyedState, type KeySnapshot } from './keyed-state.ts'
import type { Incoming, Outgoing, Processor } from './processor.ts'

export class TestDriver<In, State extends object> {
  private readonly processor: Processor<In, State>
  private readonly codecs: Codecs
  private readonly inputs: Buffer[] = []
  private readonly published: { readonly topic: string; readonly bytes: Buffer }[] = []
  private readonly sideInputs: Buffer[] = []
  /** First side input that was not taken: the cut. */
  private sideNext = 0
  private snapshots = new Map<string, KeySnapshot>()
  private snapshotOffset = 0
  private snapshotSideNext = 0
  private states: KeyedState<In, State>
  private context: unknown
  private isContextDue = false
  /** Contexts by epoch, as `recall` would find them. */
  private readonly contexts = new Map<number, unknown>()

  constructor(processor: Processor<In, State>, codecs: Codecs = offlineCodecs(ALL_TOPICS)) {
    this.processor = processor
    this.codecs = codecs
    this.states = new KeyedState(processor)
  }

  /** Encodes, decodes and processes one input; publishes its outputs. */
  send(value: In): void {
    this.inputs.push(this.codecs.of(this.processor.input).encode(value))
    for (const output of this.step(this.inputs.length - 1)) {
      const bytes = this.codecs.of<unknown>(output.topic).encode(output.value)
      this.published.push({ topic: output.topic.name, bytes })
    }
    if (this.isContextDue) this.snapshot()
    this.isContextDue = false
  }

  /** Puts a record into the side input. It is not taken yet: a side input may lag. */
  sendSide(value: unknown): void {
    this.sideInputs.push(this.codecs.of<unknown>(this.side.topic).encode(value))
  }

  /**
   * Takes the side input, all of it or the records before an offset, as before a transaction. Where
   * the input names its cuts this happens by itself.
   */
  takeSide(end = this.sideInputs.length): void {
    for (; this.sideNext < end; this.sideNext += 1) this.applySide(this.sideNext)
  }

  /** Has the records from now on stepped under a context; as in the runtime, a round names it at once. */
  useContext(context: unknown): void {
    this.context = context
    this.contexts.set(this.stepContext.identityOf(context).epoch, context)
    this.isContextDue = true
  }

  /** Takes a round of snapshots as of now. */
  snapshot(): void {
    for (const snapshot of this.states.takeDirty()) this.snapshots.set(snapshot.key, snapshot)
    this.snapshotOffset = this.inputs.length
    this.snapshotSideNext = this.sideNext
  }

  /** Loses the in-memory state and recovers as the runtime does: snapshots, then the input log. */
  crash(): void {
    this.states = new KeyedState(this.processor)
    for (const snapshot of this.snapshots.values()) this.states.restore(snapshot)
    const identity = this.states.newestContext()
    this.context = identity === undefined ? undefined : this.contexts.get(identity.epoch)
    if (this.processor.sideInput?.cutOf !== undefined) this.sideNext = this.snapshotSideNext
    else
      for (let offset = this.snapshotSideNext; offset < this.sideNext; offset += 1)
        this.applySide(offset)
    for (let offset = this.snapshotOffset; offset < this.inputs.length; offset += 1)
      this.step(offset)
  }

  /** Decoded records published to a topic so far. */
  outputs<Value>(topic: Topic<Value>): Value[] {
    return this.bytes(topic).map((bytes) => this.codecs.of(topic).decode(bytes))
  }

  /** Bytes published to a topic so far. */
  bytes(topic: { readonly name: string }): Buffer[] {
    return this.published
      .filter((record) => record.topic === topic.name)
      .map((record) => record.bytes)
  }

  private step(offset: number): readonly Outgoing[] {
    const { input, sideInput } = this.processor
    const value = this.codecs.of(input).decode(this.inputs[offset] ?? null)
    const { context } = this
    const at = { topic: input.name, partition: 0, offset, value }
    const record = context === undefined ? at : { ...at, context }
    const cut = sideInput?.cutOf?.(record as Incoming<never>)
    if (cut !== undefined) this.takeSide(Math.min(cut, this.sideInputs.length))
    return this.states.apply(
      sideInput === undefined ? record : { ...record, sideNextOffset: this.sideNext },
    )
  }

  private get stepContext() {
    const { context, name } = this.processor
    assert(context !== undefined, `${name} steps under a context`)
    return context
  }

  private get side() {
    const { sideInput, name } = this.processor
    assert(sideInput !== undefined, `${name} has a side input`)
    return sideInput
  }

  private applySide(offset: number): void {
    const { topic } = this.side
    const value = this.codecs.of<unknown>(topic).decode(this.sideInputs[offset] ?? null)
    this.states.applySide({ topic: topic.name, partition: 0, offset, value })
  }
}

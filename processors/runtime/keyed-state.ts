/**
 * The states of one partition, by key, and the only code that snapshots and restores them.
 *
 * Invariant: applying the same records to the same snapshot gives the same states and outputs, bit
 * for bit. That is all that recovery and replay rest on.
 */
import assert from 'node:assert/strict'
import { deserialize, serialize } from 'node:v8'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { ContextIdentity, Incoming, Outgoing, Processor } from './processor.ts'

/** State of one key, serialized. */
export interface KeySnapshot {
  readonly key: string
  readonly state: Buffer
}

export class KeyedState<In, State extends object> {
  private readonly processor: Processor<In, State>
  private readonly states = new Map<string, State>()
  /** Keys whose state changed since they were last taken into a snapshot. */
  private readonly dirty = new Set<string>()
  private heldBytes = 0
  /** Whether there are keys that no snapshot has ever held. */
  hasNewKeys = false

  constructor(processor: Processor<In, State>) {
    this.processor = processor
  }

  /** Steps the state of the record's key, unless the processor refuses the record. */
  apply(record: Incoming<In>): readonly Outgoing[] {
    const { sideInput, step, keyOf, refuse } = this.processor
    const refused = refuse?.(record)
    if (refused !== undefined) return [refused]
    const state = this.changing(keyOf(record.value))
    if (sideInput === undefined) return step(state, record)
    const before = sideInput.heldBytes(state)
    const outputs = step(state, record)
    this.heldBytes += sideInput.heldBytes(state) - before
    return outputs
  }

  /** Takes a record of the side input into the state of its key. */
  applySide(record: Incoming<unknown>): void {
    const { sideInput } = this.processor
    assert(sideInput !== undefined, `${this.processor.name} has a side input`)
    const state = this.changing(sideInput.keyOf(record.value))
    const before = sideInput.heldBytes(state)
    sideInput.take(state, record)
    this.heldBytes += sideInput.heldBytes(state) - before
  }

  /** Whether the states hold as much of the side input as they may. */
  get isFull(): boolean {
    const { sideInput } = this.processor
    return sideInput !== undefined && this.heldBytes >= sideInput.heldBytesMax
  }

  /**
   * Snapshots of the keys that changed since the last call, each serialized when it is asked for: a
   * round of many keys is never in memory as a whole. No record may be applied in between.
   */
  *takeDirty(): Generator<KeySnapshot> {
    this.hasNewKeys = false
    for (const key of this.dirty) {
      const state = this.states.get(key)
      if (state !== undefined) yield { key, state: serialize(state) }
    }
    this.dirty.clear()
  }

  /**
   * Takes a state back. `rebuild`: the processor does not go on with it, see {@link clear}.
   *
   * @throws CandlewireError STATE_CORRUPT, SETTINGS_CHANGED
   */
  restore(snapshot: KeySnapshot): 'current' | 'rebuild' {
    const state = this.read(snapshot)
    this.states.set(snapshot.key, state)
    this.heldBytes += this.processor.sideInput?.heldBytes(state) ?? 0
    return this.processor.checkRestored?.(snapshot.key, state) ?? 'current'
  }

  /** Forgets all states. */
  clear(): void {
    this.states.clear()
    this.dirty.clear()
    this.heldBytes = 0
  }

  private read({ key, state }: KeySnapshot): State {
    try {
      // A copy, because deserialized typed arrays may be views of the very bytes they came from.
      return deserialize(Buffer.from(state)) as State
    } catch (thrown) {
      throw new CandlewireError(
        'STATE_CORRUPT',
        `${this.processor.name}: state of ${key} cannot be read: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
  }

  /** Of the states, the context with the highest epoch. */
  newestContext(): ContextIdentity | undefined {
    let newest: ContextIdentity | undefined
    for (const state of this.states.values()) {
      const identity = this.processor.context?.identityIn(state)
      if (identity !== undefined && identity.epoch > (newest?.epoch ?? -Infinity)) newest = identity
    }
    return newest
  }

  get keys(): number {
    return this.states.size
  }

  /** What the processor counts in its states, added up. */
  counts(): Record<string, number> {
    const totals: Record<string, number> = {}
    for (const state of this.states.values()) {
      for (const [name, count] of Object.entries(this.processor.countsOf?.(state) ?? {}))
        totals[name] = (totals[name] ?? 0) + count
    }
    return totals
  }

  /** The state of a key that is about to change. */
  private changing(key: string): State {
    let state = this.states.get(key)
    if (state === undefined) {
      state = this.processor.initial(key)
      this.states.set(key, state)
      this.hasNewKeys = true
    }
    this.dirty.add(key)
    return state
  }
}

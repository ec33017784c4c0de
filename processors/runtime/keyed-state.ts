/**
 * The states of one partition, by key, and the only code that snapshots and restores them.
 *
 * Invariant: applying the same records to the same snapshot gives the same states and outputs, bit
 * for bit. That is all that recovery and replay rest on.
 */
import { deserialize, serialize } from 'node:v8'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Incoming, Outgoing, Processor } from './processor.ts'

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

  constructor(processor: Processor<In, State>) {
    this.processor = processor
  }

  /** Steps the state of the record's key. */
  apply(record: Incoming<In>): readonly Outgoing[] {
    const key = this.processor.keyOf(record.value)
    let state = this.states.get(key)
    if (state === undefined) {
      state = this.processor.initial(key)
      this.states.set(key, state)
    }
    this.dirty.add(key)
    return this.processor.step(state, record)
  }

  /** Snapshots of the keys that changed since the last call. */
  takeDirty(): KeySnapshot[] {
    const taken: KeySnapshot[] = []
    for (const key of this.dirty) {
      const state = this.states.get(key)
      if (state !== undefined) taken.push({ key, state: serialize(state) })
    }
    this.dirty.clear()
    return taken
  }

  /** @throws CandlewireError STATE_CORRUPT */
  restore(snapshot: KeySnapshot): void {
    try {
      // A copy, because deserialized typed arrays may be views of the very bytes they came from.
      this.states.set(snapshot.key, deserialize(Buffer.from(snapshot.state)) as State)
    } catch (thrown) {
      throw new CandlewireError(
        'STATE_CORRUPT',
        `${this.processor.name}: state of ${snapshot.key} cannot be read: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
  }

  get keys(): number {
    return this.states.size
  }
}

/**
 * The states of one owned partition with what is merged into them, the side input and the context; and
 * when they are due for a round of snapshots.
 */
import type { RawRecord } from '../../streams/partition-reader.ts'
import type { ContextInForce } from './context-in-force.ts'
import type { KeyedState, KeySnapshot } from './keyed-state.ts'
import type { Incoming, Outgoing, Processor } from './processor.ts'
import type { SideFeed } from './side-feed.ts'
import { snapshotRound } from './snapshot-store.ts'

/** Steps between two attempts to take in more of a side input that did not fit. */
const RECORDS_PER_SIDE_LOOK = 50

/** As they were recovered, see restore-states.ts. */
export interface RestoredStates {
  readonly states: KeyedState<unknown, object>
  readonly side: SideFeed | undefined
  readonly context: ContextInForce
  /** Input records that the newest round does not stand for. */
  readonly sinceSnapshot: number
  /** Whether no round stands for the states as they are. */
  readonly isRoundDue: boolean
}

export class PartitionStates {
  readonly side: SideFeed | undefined
  private readonly processor: Processor<unknown, object>
  private readonly partition: number
  private readonly snapshotEveryRecords: number
  private readonly states: KeyedState<unknown, object>
  private readonly context: ContextInForce
  private sinceSnapshot: number
  private isRoundDue: boolean

  constructor(
    processor: Processor<unknown, object>,
    place: { readonly partition: number; readonly snapshotEveryRecords: number },
    restored: RestoredStates,
  ) {
    this.processor = processor
    this.partition = place.partition
    this.snapshotEveryRecords = place.snapshotEveryRecords
    this.states = restored.states
    this.side = restored.side
    this.context = restored.context
    this.sinceSnapshot = restored.sinceSnapshot
    this.isRoundDue = restored.isRoundDue
  }

  /** Before a transaction: what is decided of the side input, and the newest context. */
  async lookAround(): Promise<void> {
    if (namesCuts(this.processor)) await this.side?.lookAhead()
    else await this.side?.takeDecided()
    await this.context.takeLatest()
  }

  async stepAll(records: readonly Incoming<unknown>[]): Promise<Outgoing[]> {
    const { states, side, processor } = this
    const outgoing: Outgoing[] = []
    for (const [index, record] of records.entries()) {
      // Where the states were too full for all of the side input, steps make room for more of it.
      if (namesCuts(processor)) await takeCutOf(processor, side, record)
      else if (side?.isBehind === true && index % RECORDS_PER_SIDE_LOOK === 0) await side.takeMore()
      const known = side === undefined ? record : { ...record, sideNextOffset: side.position }
      const { current } = this.context
      for (const output of states.apply(
        current === undefined ? known : { ...known, context: current },
      ))
        outgoing.push(output)
    }
    return outgoing
  }

  /**
   * Whether these records complete a round. A processor that checks what it restores must find every
   * key there: otherwise a key that was made after the last round would be rebuilt, unchecked, under
   * other settings than it published with.
   */
  isSnapshotDue(records: readonly RawRecord[]): boolean {
    if (this.sinceSnapshot + records.length >= this.snapshotEveryRecords) return true
    if (this.context.isDue) return true
    const isChecked = this.processor.checkRestored !== undefined
    return isChecked && (this.isRoundDue || this.states.hasNewKeys)
  }

  /** The round of all states as they are, made as it is sent. */
  round(nextOffset: number, onSnapshot: (snapshot: KeySnapshot) => void): Iterable<Outgoing> {
    return snapshotRound(this.processor, {
      partition: this.partition,
      nextOffset,
      sideNextOffset: this.side?.position,
      changed: watched(this.states.takeDirty(), onSnapshot),
    })
  }

  /** Told of a commit. */
  committed(records: readonly RawRecord[], withRound: boolean): void {
    this.sinceSnapshot = withRound ? 0 : this.sinceSnapshot + records.length
    if (!withRound) return
    this.isRoundDue = false
    this.context.roundCommitted()
  }

  /** What the processor counts in the states of this partition. */
  counts(): Readonly<Record<string, number>> {
    return this.states.counts()
  }
}

/** Whether the records of the input say which side records their steps may know. */
export const namesCuts = ({ sideInput }: Processor<unknown, object>): boolean =>
  sideInput?.cutOf !== undefined

/** Takes in what lies before the cut that a record names. */
export async function takeCutOf(
  { sideInput }: Processor<unknown, object>,
  side: SideFeed | undefined,
  record: Incoming<unknown>,
): Promise<void> {
  const cut = sideInput?.cutOf?.(record as Incoming<never>)
  if (cut !== undefined && side?.isBefore(cut) === true) await side.takeBefore(cut)
}

function* watched(
  snapshots: Iterable<KeySnapshot>,
  onSnapshot: (snapshot: KeySnapshot) => void,
): Generator<KeySnapshot> {
  for (const snapshot of snapshots) {
    onSnapshot(snapshot)
    yield snapshot
  }
}

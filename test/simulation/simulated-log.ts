/**
 * The part of a Kafka broker that exactly-once rests on, in memory: partitions with transactions and
 * control records, the last stable offset, fencing by producer epochs, and committed group offsets.
 *
 * As on the real broker a commit is answered before its markers are written, and asking for a
 * producer id first completes or aborts what an older owner of the id left behind.
 */
import assert from 'node:assert/strict'

export interface LogRecord {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
}

interface Entry extends LogRecord {
  state: 'open' | 'committed' | 'aborted' | 'control'
}

/** Next offset to process, and what was noted beside it. */
export interface CommittedOffset {
  readonly offset: number
  readonly metadata: string | null
}

interface Transaction {
  readonly entries: { readonly partition: Entry[]; readonly entry: Entry }[]
  readonly offsets: Map<string, CommittedOffset>
  decided: 'no' | 'commit'
}

interface Coordinator {
  epoch: number
  transaction: Transaction | undefined
}

export class FencedError extends Error {
  readonly type = 'INVALID_PRODUCER_EPOCH'
}

const slot = (...parts: readonly (string | number)[]): string => parts.join('|')

export class SimulatedLog {
  private readonly partitions = new Map<string, Entry[]>()
  private readonly coordinators = new Map<string, Coordinator>()
  private readonly groupOffsets = new Map<string, CommittedOffset>()
  /** Every committed offset of a group and partition, in order. */
  readonly offsetHistory = new Map<string, number[]>()

  /** Appends outside of transactions. */
  append(topic: string, partition: number, record: Omit<LogRecord, 'offset'>): number {
    return this.push(topic, partition, record, 'committed').offset
  }

  /** Everything before it is decided. */
  lastStableOffset(topic: string, partition: number): number {
    const entries = this.entries(topic, partition)
    const open = entries.findIndex(({ state }) => state === 'open')
    return open < 0 ? entries.length : open
  }

  length(topic: string, partition: number): number {
    return this.entries(topic, partition).length
  }

  /** Committed records in [from, to). */
  read(topic: string, partition: number, from: number, to: number): LogRecord[] {
    return this.entries(topic, partition)
      .slice(from, Math.min(to, this.lastStableOffset(topic, partition)))
      .filter(({ state }) => state === 'committed')
  }

  committedOffset(group: string, topic: string, partition: number): number | undefined {
    return this.committed(group, topic, partition)?.offset
  }

  committed(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.groupOffsets.get(slot(group, topic, partition))
  }

  /** Commits outside of transactions, as a plain consumer does. */
  commitOffset(group: string, topic: string, partition: number, to: CommittedOffset): void {
    this.groupOffsets.set(slot(group, topic, partition), to)
  }

  /** Fences every older producer of the id. @returns the epoch */
  initProducer(id: string): number {
    const coordinator = this.coordinatorOf(id)
    if (coordinator.transaction?.decided === 'commit') this.writeMarkers(id)
    else this.abortTransaction(coordinator)
    coordinator.epoch += 1
    return coordinator.epoch
  }

  send(
    id: string,
    epoch: number,
    topic: string,
    partition: number,
    record: Omit<LogRecord, 'offset'>,
  ) {
    const transaction = this.open(id, epoch)
    const entry = this.push(topic, partition, record, 'open')
    transaction.entries.push({ partition: this.entries(topic, partition), entry })
  }

  sendOffset(
    id: string,
    epoch: number,
    group: string,
    topic: string,
    partition: number,
    to: CommittedOffset,
  ) {
    this.open(id, epoch).offsets.set(slot(group, topic, partition), to)
  }

  /** Decides; the records become readable with the markers, which come later. */
  commit(id: string, epoch: number): void {
    this.open(id, epoch).decided = 'commit'
  }

  abort(id: string, epoch: number): void {
    this.checkEpoch(id, epoch)
    this.abortTransaction(this.coordinatorOf(id))
  }

  /** Writes the markers of a decided transaction. */
  writeMarkers(id: string): void {
    const coordinator = this.coordinatorOf(id)
    const { transaction } = coordinator
    if (transaction?.decided !== 'commit') return
    this.close(transaction, 'committed')
    for (const [key, to] of transaction.offsets) {
      this.groupOffsets.set(key, to)
      this.offsetHistory.set(key, [...(this.offsetHistory.get(key) ?? []), to.offset])
    }
    coordinator.transaction = undefined
  }

  /** What a broker does after the transaction time-out: a dead owner's transaction ends. */
  settleAll(): void {
    for (const [id, coordinator] of this.coordinators) {
      if (coordinator.transaction?.decided === 'commit') this.writeMarkers(id)
    }
  }

  private abortTransaction(coordinator: Coordinator): void {
    if (coordinator.transaction !== undefined) this.close(coordinator.transaction, 'aborted')
    coordinator.transaction = undefined
  }

  private close(transaction: Transaction, state: 'committed' | 'aborted'): void {
    const touched = new Set<Entry[]>()
    for (const { partition, entry } of transaction.entries) {
      entry.state = state
      touched.add(partition)
    }
    for (const partition of touched) {
      const control = { key: null, value: null, timestampMs: 0 }
      partition.push({ ...control, offset: partition.length, state: 'control' })
    }
  }

  /** The transaction of this epoch; a decided one is completed first, as clients wait for that. */
  private open(id: string, epoch: number): Transaction {
    this.checkEpoch(id, epoch)
    const coordinator = this.coordinatorOf(id)
    this.writeMarkers(id)
    coordinator.transaction ??= { entries: [], offsets: new Map(), decided: 'no' }
    return coordinator.transaction
  }

  private checkEpoch(id: string, epoch: number): void {
    if (this.coordinatorOf(id).epoch !== epoch)
      throw new FencedError(`${id}: epoch ${epoch} is old`)
  }

  private coordinatorOf(id: string): Coordinator {
    let coordinator = this.coordinators.get(id)
    if (coordinator === undefined) {
      coordinator = { epoch: 0, transaction: undefined }
      this.coordinators.set(id, coordinator)
    }
    return coordinator
  }

  private push(
    topic: string,
    partition: number,
    record: Omit<LogRecord, 'offset'>,
    state: Entry['state'],
  ): Entry {
    const entries = this.entries(topic, partition)
    const entry = { ...record, offset: entries.length, state }
    entries.push(entry)
    return entry
  }

  private entries(topic: string, partition: number): Entry[] {
    assert(Number.isInteger(partition) && partition >= 0)
    const key = slot(topic, partition)
    let entries = this.partitions.get(key)
    if (entries === undefined) this.partitions.set(key, (entries = []))
    return entries
  }
}

/**
 * Compares the records a processor makes again with those that lie in a partition, in order.
 *
 * Both sides have the same records in the same order, unless something is wrong. Where the next two are
 * not equal, both are looked through ahead for the partner of the other, at most {@link AHEAD} records:
 * a record that was added or taken away then costs one difference and not all that follow. What has no
 * partner there counts as different, so a longer disorder is counted too high and never passes.
 */
import type { RawRecord } from '../../../streams/partition-reader.ts'
import { DigestChain } from '../../runtime/digest-chain.ts'
import type { PublishedRecords } from './published-records.ts'
import type { RecordTally, Derived, MadeRecord, RecordsResult } from './record-tally.ts'

/** Records looked at on either side for a partner. */
export const AHEAD = 256

interface Waiting<Value> extends MadeRecord<Value> {
  /** From an input that the live processor has not committed: published later, or not yet. */
  readonly isAhead: boolean
}

export class RecordComparison<Value extends Derived> {
  private readonly tally: RecordTally<Value>
  private readonly published: PublishedRecords
  /** What tells a record from all others of its partition. */
  private readonly identityOf: (value: Value) => string
  private readonly made: Waiting<Value>[] = []
  private readonly committed: DigestChain

  constructor(
    tally: RecordTally<Value>,
    published: PublishedRecords,
    identityOf: (value: Value) => string,
  ) {
    this.tally = tally
    this.published = published
    this.identityOf = identityOf
    this.committed = new DigestChain(tally.codec.topic.name, 0)
  }

  get score(): RecordTally<Value>['score'] {
    return this.tally.score
  }

  /** Of everything made from committed inputs, in or outside of the range. */
  get chain(): DigestChain {
    return this.committed
  }

  /** Takes what the processor makes next. */
  async add(value: Value, isAhead = false): Promise<void> {
    const bytes = this.tally.codec.encode(value)
    if (!isAhead) this.committed.add(bytes)
    this.made.push({ value, bytes, isAhead })
    while (this.made.length > 0 && (await this.settleNext(this.made.length >= AHEAD))) continue
  }

  /** Whether something published waits for what makes it. */
  async hasMore(): Promise<boolean> {
    await this.published.fill(1)
    return this.published.ahead.length > 0
  }

  /** The published record of this identity, if it is among the next. */
  async find(identity: string): Promise<Value | undefined> {
    await this.published.fill(AHEAD)
    const found = this.published.ahead.slice(0, AHEAD).find((record) => this.isOf(record, identity))
    return found === undefined ? undefined : this.tally.read(found).value
  }

  /** Nothing more is made. What was published and has no partner counts as different. */
  async end(): Promise<RecordsResult> {
    while (this.made.length > 0) await this.settleNext(true)
    while (await this.hasMore()) this.tally.extra(this.published.take())
    return this.tally.result()
  }

  async close(): Promise<void> {
    await this.published.close()
  }

  /** @param isDue whether the next made record must not wait for later ones. @returns whether it is settled */
  private async settleNext(isDue: boolean): Promise<boolean> {
    await this.published.fill(1)
    const [made, record] = [this.made[0]!, this.published.ahead[0]]
    if (record === undefined) {
      this.made.shift()
      if (!made.isAhead) this.tally.missing(made)
      return true
    }
    if (
      record.value?.equals(made.bytes) === true ||
      this.isOf(record, this.identityOf(made.value))
    ) {
      this.made.shift()
      this.tally.pair(this.published.take(), made)
      return true
    }
    if (!isDue) return false
    await this.settleUnequal(made, record)
    return true
  }

  private async settleUnequal(made: Waiting<Value>, record: RawRecord): Promise<void> {
    await this.published.fill(AHEAD)
    const wanted = this.identityOf(made.value)
    const later = this.published.ahead.slice(0, AHEAD).findIndex((each) => this.isOf(each, wanted))
    const { value } = this.tally.read(record)
    const identity = value === undefined ? undefined : this.identityOf(value)
    const before = this.made.findIndex((each) => this.identityOf(each.value) === identity)
    const isExtra = before < 0 || (later >= 0 && later <= before)
    if (isExtra) this.tally.extra(this.published.take())
    if (!isExtra || later < 0) {
      this.made.shift()
      if (!made.isAhead) this.tally.missing(made)
    }
  }

  private isOf(record: RawRecord, identity: string): boolean {
    const { value } = this.tally.read(record)
    return value !== undefined && this.identityOf(value) === identity
  }
}

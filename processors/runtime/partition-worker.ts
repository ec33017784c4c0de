/**
 * One input partition, owned: its transactional producer, its position and its states.
 *
 * Opening (the order matters):
 *   1. connect the producer `<name>-<partition>` and begin a transaction, which fences the previous
 *      owner and settles what it left open (connecting alone does not, see connect-fenced.ts);
 *   2. fetch the committed offsets of the input and the side input: now final;
 *   3. restore the newest snapshots and re-apply both inputs from there up to the committed offsets
 *      without publishing: the input logs are the write-ahead log;
 *   4. continue at the committed offsets.
 *
 * Processing, one transaction for at most TRANSACTION_RECORDS_MAX input records:
 *   5. take in the side input as far as it is decided now, after the records were read; or, where the
 *      input names its cuts, before each step exactly what lies before the cut of its record; and the
 *      newest context, if the processor steps under one;
 *   6. decode and step; what cannot be decoded becomes a dead letter in its place;
 *   7. let the processor finish what its steps put out (slow outside work, such as a language model);
 *   8. send the outputs, to the partition number of the input unless they say otherwise;
 *   9. when enough records have passed or the context is new, send the snapshots of the changed keys and the marker;
 *  10. send the offsets of both inputs, commit. Only then the position moves.
 *
 * Not promised: a worker whose process stalls keeps its states; when it wakes after another took
 * over, its commit is refused (fenced) and everything it holds is dropped.
 */
import type { Admin, Producer } from 'kafkajs'
import type { DeadLetter } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import { InputDecoder } from './input-decoder.ts'
import { KeyedState, type KeySnapshot } from './keyed-state.ts'
import { commitPartition } from './partition-transaction.ts'
import type { Incoming, Outgoing, Processor } from './processor.ts'
import type { ProcessorMetrics } from './processor-metrics.ts'
import { SideFeed } from './side-feed.ts'
import { readSnapshots, snapshotRound, type RestoredSnapshots } from './snapshot-store.ts'
import { groupIdOf, isProcessor, transactionalIdOf, type Work } from './work.ts'

export interface WorkerDependencies {
  readonly config: Pick<Config, 'snapshotEveryRecords' | 'transactionRecordsMax'>
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly logger: Logger
  readonly metrics?: ProcessorMetrics
}

/** Steps between two attempts to take in more of a side input that did not fit. */
const RECORDS_PER_SIDE_LOOK = 50

interface CommittedOffsets {
  readonly input: number | undefined
  readonly side: number | undefined
}

/** Counts since the process started. */
export interface WorkStats {
  recordsIn: number
  recordsOut: number
  deadLetters: number
  /** Dead letters by code. */
  readonly deadLetterCodes: Record<string, number>
  commits: number
  snapshots: number
  /** Records re-applied at restores. */
  reapplied: number
  /** Records of the side input taken, those of restores included. */
  sideRecordsIn: number
}

export const noWork = (): WorkStats => ({
  recordsIn: 0,
  recordsOut: 0,
  deadLetters: 0,
  deadLetterCodes: {},
  commits: 0,
  snapshots: 0,
  reapplied: 0,
  sideRecordsIn: 0,
})

export class PartitionWorker {
  private readonly deps: WorkerDependencies
  private readonly work: Work
  private readonly partition: number
  private readonly stats: WorkStats
  private readonly producer: Producer
  private readonly decoder: InputDecoder
  private readonly states: KeyedState<unknown, object> | undefined
  private side: SideFeed | undefined
  private sinceSnapshot = 0
  /** What steps depend on beside state and record, see {@link StepContext}. */
  private context: unknown
  /** Whether no round names the context in force. */
  private isContextDue = false
  /** Whether no round stands for the states as they are. */
  private isRoundDue = false
  /** Next input offset to process. */
  position = 0
  /** Of the newest record committed since it was opened, in the order of the log. */
  eventTimeMs: number | undefined
  private decodedEventTimeMs: number | undefined
  /** Whether the group's fetching was brought to the position. */
  isAligned = false

  constructor(deps: WorkerDependencies, work: Work, partition: number, stats: WorkStats) {
    this.deps = deps
    this.work = work
    this.partition = partition
    this.stats = stats
    this.producer = createProducer(deps.kafka, transactionalIdOf(work, partition))
    this.decoder = new InputDecoder(deps.codecs.of<unknown>(work.input), partition)
    this.states = isProcessor(work)
      ? new KeyedState<unknown, object>(work as Processor<unknown, object>)
      : undefined
  }

  /** @throws CandlewireError OFFSET_OUT_OF_RANGE, STATE_CORRUPT */
  async open(): Promise<void> {
    const started = performance.now()
    const before = this.stats.reapplied
    await connectFenced(this.producer)
    const committed = await this.committedOffsets()
    const beginning = await this.deps.reader.beginningOffset(this.work.input.name, this.partition)
    this.position = committed.input ?? beginning
    if (this.position < beginning) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${this.work.name}: the committed offset ${this.position} of ${this.work.input.name}/${this.partition} is gone, the log begins at ${beginning}`,
      )
    }
    await this.restore(committed, beginning)
    this.deps.metrics?.restored({
      seconds: (performance.now() - started) / 1_000,
      reapplied: this.stats.reapplied - before,
    })
  }

  /** Most input records in one transaction. */
  get transactionRecordsMax(): number {
    const own = isProcessor(this.work) ? this.work.transactionRecordsMax : undefined
    return Math.min(this.deps.config.transactionRecordsMax, own ?? Infinity)
  }

  /** Processes records that lie at or after the position, in transactions. */
  async process(records: readonly RawRecord[]): Promise<void> {
    const step = this.transactionRecordsMax
    const fresh = records.filter((record) => record.offset >= this.position)
    for (let from = 0; from < fresh.length; from += step) {
      await this.transact(fresh.slice(from, from + step))
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
  }

  private async committedOffsets(): Promise<CommittedOffsets> {
    const { work, partition } = this
    const input = work.input.name
    const side = isProcessor(work) ? work.sideInput?.topic.name : undefined
    const topics = side === undefined ? [input] : [input, side]
    const answers = await this.deps.admin.fetchOffsets({ groupId: groupIdOf(work), topics })
    const offsetOf = (topic: string | undefined) => {
      const answer = answers.find((each) => each.topic === topic)
      const entry = answer?.partitions.find((each) => each.partition === partition)
      const offset = Number(entry?.offset ?? -1)
      return offset < 0 ? undefined : offset
    }
    return { input: offsetOf(input), side: offsetOf(side) }
  }

  private async restore(committed: CommittedOffsets, beginning: number): Promise<void> {
    const { states, work, partition } = this
    if (states === undefined || !isProcessor(work)) return
    const { reader, codecs, logger } = this.deps
    const { stateTopic, stateVersion, input, name } = work as Processor<unknown, object>
    const snapshot = await readSnapshots({ reader, codecs, stateTopic, stateVersion, partition })
    if (committed.input === undefined && snapshot.nextOffset !== undefined) {
      // Between asking for the offset and reading the snapshots a newer owner may have committed both.
      if ((await this.committedOffsets()).input !== undefined)
        throw new CandlewireError('FENCED', `${name}: partition ${partition} has a newer owner`)
      throw new CandlewireError(
        'STATE_CORRUPT',
        `${name}: partition ${partition} has state up to offset ${snapshot.nextOffset} but the group has no committed offset; commit that offset, or delete ${stateTopic.name} to start anew`,
      )
    }
    const { nextOffset, sideNextOffset } = this.takeBack(snapshot)
    this.isRoundDue = nextOffset === undefined
    await this.recallContext()
    if (committed.input !== undefined && nextOffset === undefined && beginning > 0) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${name}: there is no usable snapshot of partition ${partition} and its input begins at ${beginning}, so the state cannot be rebuilt`,
      )
    }
    this.side = await this.openSide(sideNextOffset)
    if (committed.input === undefined) return
    const from = nextOffset ?? beginning
    this.side?.believeCutsUntil(committed.side ?? 0)
    for await (const batch of reader.read(input.name, partition, from, committed.input)) {
      if (!this.namesCuts) await this.side?.takeUntil(committed.side ?? 0)
      const { records } = await this.decoder.decode(batch)
      for (const record of records) {
        await this.takeCutOf(record)
        states.apply({ ...record, context: this.context })
      }
      this.stats.reapplied += batch.length
    }
    if (!this.namesCuts) await this.side?.takeUntil(committed.side ?? 0, { evenIfFull: true })
    // They were published by whoever committed these offsets.
    this.side?.takeDeadLetters()
    this.sinceSnapshot = committed.input - from
    const { keys } = states
    logger.info(
      { processor: name, partition, keys, from, committed: committed.input },
      'State restored',
    )
  }

  /** Restores states; if the processor does not go on with one of them, it is as if there were none. */
  private takeBack(restored: RestoredSnapshots): Omit<RestoredSnapshots, 'snapshots'> {
    const { states, partition, work } = this
    const verdicts = restored.snapshots.map((each) => states?.restore(each))
    if (!verdicts.includes('rebuild')) return restored
    states?.clear()
    this.deps.logger.warn(
      { processor: work.name, partition },
      'Settings have changed as announced; the states are rebuilt from the input',
    )
    return { nextOffset: undefined, sideNextOffset: undefined }
  }

  private get stepContext() {
    return isProcessor(this.work) ? this.work.context : undefined
  }

  /** The context of the newest round: under it the records behind that round were stepped. */
  private async recallContext(): Promise<void> {
    const identity = this.states?.newestContext()
    if (identity !== undefined) this.context = await this.stepContext?.recall(identity)
    this.isContextDue = this.stepContext !== undefined && this.isRoundDue
  }

  private async takeContext(): Promise<void> {
    const latest: unknown = await this.stepContext?.latest()
    if (latest === undefined || latest === this.context) return
    const identityOf = this.stepContext!.identityOf
    const isNewer =
      this.context === undefined || identityOf(latest).epoch > identityOf(this.context).epoch
    if (!isNewer) return
    this.context = latest
    this.isContextDue = true
  }

  /** Not yet where no record has been stepped under it: then the next round must name it. */
  private isContextInStates(): boolean {
    if (this.context === undefined) return true
    const epoch = this.stepContext?.identityOf(this.context).epoch
    return this.states?.newestContext()?.epoch === epoch
  }

  /** @throws CandlewireError OFFSET_OUT_OF_RANGE if what the state still needs is gone */
  private async openSide(inState: number | undefined): Promise<SideFeed | undefined> {
    const { states, work, partition } = this
    const sideInput = isProcessor(work) ? work.sideInput : undefined
    if (states === undefined || sideInput === undefined) return undefined
    const { reader, codecs } = this.deps
    const topic = sideInput.topic.name
    const beginning = await reader.beginningOffset(topic, partition)
    const from = inState ?? beginning
    if (from < beginning) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${work.name}: its state needs ${topic}/${partition} from offset ${from}, but the log begins at ${beginning}`,
      )
    }
    const decoder = new InputDecoder(codecs.of<unknown>(sideInput.topic), partition)
    return new SideFeed({ reader, decoder, states, topic, partition, from })
  }

  private async transact(records: readonly RawRecord[]): Promise<void> {
    const last = records.at(-1)
    if (last === undefined) return
    const nextOffset = last.offset + 1
    const taken = this.side?.taken ?? 0
    const started = performance.now()
    if (this.namesCuts) await this.side?.lookAhead()
    else await this.side?.takeDecided()
    await this.takeContext()
    const outgoing = await this.outputsOf(records)
    const stepped = performance.now()
    const outputs = outgoing.length
    const passed = this.sinceSnapshot + records.length
    const isSnapshotDue = this.states !== undefined && this.isSnapshotDue(passed)
    const snapshots = isSnapshotDue ? this.takeSnapshots(nextOffset) : []
    await commitPartition(this.producer, this.deps.codecs, this.deps.logger, {
      outgoing: chained(outgoing, snapshots),
      groupId: groupIdOf(this.work),
      partition: this.partition,
      nextOffsets: [{ topic: this.work.input.name, nextOffset }, ...this.sideOffset()],
    })
    this.position = nextOffset
    this.sinceSnapshot = isSnapshotDue ? 0 : passed
    if (isSnapshotDue) {
      this.isRoundDue = false
      this.isContextDue = !this.isContextInStates()
    }
    this.eventTimeMs = this.decodedEventTimeMs
    this.countDeadLetters(outgoing)
    const sideRecords = (this.side?.taken ?? 0) - taken
    this.stats.recordsIn += records.length
    this.stats.recordsOut += outputs
    this.stats.sideRecordsIn += sideRecords
    this.stats.commits += 1
    this.deps.metrics?.committed({
      records: records.length,
      outputs,
      sideRecords,
      stepSeconds: (stepped - started) / 1_000,
      commitSeconds: (performance.now() - stepped) / 1_000,
    })
  }

  /**
   * A processor that checks what it restores must find every key there: otherwise a key that was made
   * after the last round would be rebuilt, unchecked, under other settings than it published with.
   */
  private isSnapshotDue(passed: number): boolean {
    if (passed >= this.deps.config.snapshotEveryRecords) return true
    if (this.isContextDue) return true
    const isChecked = isProcessor(this.work) && this.work.checkRestored !== undefined
    return isChecked && (this.isRoundDue || this.states?.hasNewKeys === true)
  }

  /** What the processor counts in the states of this partition. */
  counts(): Readonly<Record<string, number>> {
    return this.states?.counts() ?? {}
  }

  private countDeadLetters(outgoing: readonly Outgoing[]): void {
    for (const { topic, value } of outgoing) {
      if (topic !== deadLettersTopic) continue
      const { code } = value as DeadLetter
      this.stats.deadLetters += 1
      this.stats.deadLetterCodes[code] = (this.stats.deadLetterCodes[code] ?? 0) + 1
      this.deps.metrics?.deadLetter(code)
    }
  }

  private sideOffset(): { topic: string; nextOffset: number }[] {
    const topic = isProcessor(this.work) ? this.work.sideInput?.topic.name : undefined
    if (this.side === undefined || topic === undefined) return []
    return [{ topic, nextOffset: this.side.position }]
  }

  private async outputsOf(batch: readonly RawRecord[]): Promise<Outgoing[]> {
    const { records, deadLetters } = await this.decoder.decode(batch)
    const newest = records.at(-1)
    if (newest !== undefined) this.decodedEventTimeMs = this.work.input.eventTimeMsOf(newest.value)
    let outgoing: readonly Outgoing[]
    if (isProcessor(this.work)) {
      const stepped = await this.stepAll(records)
      outgoing = (await this.work.finish?.(stepped)) ?? stepped
    } else {
      outgoing = await this.work.handle(records)
    }
    return [...(this.side?.takeDeadLetters() ?? []), ...deadLetters, ...outgoing]
  }

  private async stepAll(records: readonly Incoming<unknown>[]): Promise<Outgoing[]> {
    const { states, side } = this
    const outgoing: Outgoing[] = []
    if (states === undefined) return outgoing
    for (const [index, record] of records.entries()) {
      // Where the states were too full for all of the side input, steps make room for more of it.
      if (this.namesCuts) await this.takeCutOf(record)
      else if (side?.isBehind === true && index % RECORDS_PER_SIDE_LOOK === 0) await side.takeMore()
      const known = side === undefined ? record : { ...record, sideNextOffset: side.position }
      const { context } = this
      for (const output of states.apply(context === undefined ? known : { ...known, context }))
        outgoing.push(output)
    }
    return outgoing
  }

  /** Whether the records of the input say which side records their steps may know. */
  private get namesCuts(): boolean {
    return isProcessor(this.work) && this.work.sideInput?.cutOf !== undefined
  }

  private async takeCutOf(record: Incoming<unknown>): Promise<void> {
    const { side } = this
    if (side === undefined || !isProcessor(this.work)) return
    const cut = this.work.sideInput?.cutOf?.(record as Incoming<never>)
    if (cut !== undefined && side.isBefore(cut)) await side.takeBefore(cut)
  }

  private takeSnapshots(nextOffset: number): Iterable<Outgoing> {
    if (this.states === undefined || !isProcessor(this.work)) return []
    return snapshotRound(this.work as Processor<unknown, object>, {
      partition: this.partition,
      nextOffset,
      sideNextOffset: this.side?.position,
      changed: this.counted(this.states.takeDirty()),
    })
  }

  private *counted(changed: Iterable<KeySnapshot>): Generator<KeySnapshot> {
    for (const snapshot of changed) {
      this.stats.snapshots += 1
      this.deps.metrics?.snapshot(snapshot.state.byteLength)
      yield snapshot
    }
  }
}

function* chained(...parts: readonly Iterable<Outgoing>[]): Generator<Outgoing> {
  for (const part of parts) yield* part
}

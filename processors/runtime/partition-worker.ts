/**
 * One input partition, owned: its transactional producer, its position and its states.
 *
 * Opening (the order matters):
 *   1. connect the producer `<name>-<partition>` and begin a transaction, which fences the previous
 *      owner and settles what it left open (connecting alone does not, see connect-fenced.ts);
 *   2. fetch the committed input offset: now final;
 *   3. restore the newest snapshots and re-apply the input from there up to the committed offset
 *      without publishing: the input log is the write-ahead log;
 *   4. continue at the committed offset.
 *
 * Processing, one transaction for at most TRANSACTION_RECORDS_MAX input records:
 *   5. decode and step; what cannot be decoded becomes a dead letter in its place;
 *   6. send the outputs to the partition number of the input;
 *   7. when enough records have passed, send the snapshots of the changed keys and the marker;
 *   8. send the input offset, commit. Only then the position moves.
 *
 * Not promised: a worker whose process stalls keeps its states; when it wakes after another took
 * over, its commit is refused (fenced) and everything it holds is dropped.
 */
import type { Admin, Producer } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { InputDecoder } from './input-decoder.ts'
import { KeyedState } from './keyed-state.ts'
import { commitPartition } from './partition-transaction.ts'
import type { Outgoing, Processor } from './processor.ts'
import { readSnapshots, snapshotRound } from './snapshot-store.ts'
import { groupIdOf, isProcessor, transactionalIdOf, type Work } from './work.ts'

export interface WorkerDependencies {
  readonly config: Pick<Config, 'snapshotEveryRecords' | 'transactionRecordsMax'>
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly logger: Logger
}

/** Counts since the process started. */
export interface WorkStats {
  recordsIn: number
  recordsOut: number
  deadLetters: number
  commits: number
  snapshots: number
  /** Records re-applied at restores. */
  reapplied: number
}

export class PartitionWorker {
  private readonly deps: WorkerDependencies
  private readonly work: Work
  private readonly partition: number
  private readonly stats: WorkStats
  private readonly producer: Producer
  private readonly decoder: InputDecoder
  private readonly states: KeyedState<unknown, object> | undefined
  private sinceSnapshot = 0
  /** Next input offset to process. */
  position = 0
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
    await connectFenced(this.producer)
    const topic = this.work.input.name
    const committed = await this.committedOffset()
    const beginning = await this.deps.reader.beginningOffset(topic, this.partition)
    if (committed !== undefined && committed < beginning) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${this.work.name}: the committed offset ${committed} of ${topic}/${this.partition} is gone, the log begins at ${beginning}`,
      )
    }
    this.position = committed ?? beginning
    await this.restore(committed, beginning)
  }

  /** Processes records that lie at or after the position, in transactions. */
  async process(records: readonly RawRecord[]): Promise<void> {
    const { transactionRecordsMax } = this.deps.config
    const fresh = records.filter((record) => record.offset >= this.position)
    for (let from = 0; from < fresh.length; from += transactionRecordsMax) {
      await this.transact(fresh.slice(from, from + transactionRecordsMax))
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
  }

  private async committedOffset(): Promise<number | undefined> {
    const topics = [this.work.input.name]
    const [answer] = await this.deps.admin.fetchOffsets({ groupId: groupIdOf(this.work), topics })
    const entry = answer?.partitions.find(({ partition }) => partition === this.partition)
    const offset = Number(entry?.offset ?? -1)
    return offset < 0 ? undefined : offset
  }

  private async restore(committed: number | undefined, beginning: number): Promise<void> {
    if (this.states === undefined || !isProcessor(this.work)) return
    const { reader, codecs, logger } = this.deps
    const { partition } = this
    const { stateTopic, stateVersion, input, name } = this.work as Processor<unknown, object>
    const { nextOffset, snapshots } = await readSnapshots({
      reader,
      codecs,
      stateTopic,
      stateVersion,
      partition,
    })
    if (committed === undefined) {
      if (nextOffset === undefined) return
      throw new CandlewireError(
        'STATE_CORRUPT',
        `${name}: partition ${partition} has state up to offset ${nextOffset} but the group has no committed offset; commit that offset, or delete ${stateTopic.name} to start anew`,
      )
    }
    if (nextOffset === undefined && beginning > 0) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${name}: there is no snapshot of partition ${partition} and its input begins at ${beginning}, so the state cannot be rebuilt`,
      )
    }
    const from = nextOffset ?? beginning
    for (const snapshot of snapshots) this.states.restore(snapshot)
    for await (const batch of reader.read(input.name, partition, from, committed)) {
      const { records } = await this.decoder.decode(batch)
      for (const record of records) this.states.apply(record)
      this.stats.reapplied += batch.length
    }
    this.sinceSnapshot = committed - from
    const { keys } = this.states
    logger.info({ processor: name, partition, keys, from, committed }, 'State restored')
  }

  private async transact(records: readonly RawRecord[]): Promise<void> {
    const last = records.at(-1)
    if (last === undefined) return
    const nextOffset = last.offset + 1
    const outgoing = await this.outputsOf(records)
    const outputs = outgoing.length
    const passed = this.sinceSnapshot + records.length
    const isSnapshotDue =
      this.states !== undefined && passed >= this.deps.config.snapshotEveryRecords
    if (isSnapshotDue) outgoing.push(...this.takeSnapshots(nextOffset))
    await commitPartition(this.producer, this.deps.codecs, this.deps.logger, {
      outgoing,
      groupId: groupIdOf(this.work),
      inputTopic: this.work.input.name,
      partition: this.partition,
      nextOffset,
    })
    this.position = nextOffset
    this.sinceSnapshot = isSnapshotDue ? 0 : passed
    this.stats.recordsIn += records.length
    this.stats.recordsOut += outputs
    this.stats.commits += 1
  }

  private async outputsOf(batch: readonly RawRecord[]): Promise<Outgoing[]> {
    const { records, deadLetters } = await this.decoder.decode(batch)
    this.stats.deadLetters += deadLetters.length
    const outgoing = [...deadLetters]
    if (this.states !== undefined) {
      for (const record of records) outgoing.push(...this.states.apply(record))
    } else if (!isProcessor(this.work)) {
      outgoing.push(...(await this.work.handle(records)))
    }
    return outgoing
  }

  private takeSnapshots(nextOffset: number): Outgoing[] {
    if (this.states === undefined || !isProcessor(this.work)) return []
    const changed = this.states.takeDirty()
    this.stats.snapshots += changed.length
    return snapshotRound(this.work as Processor<unknown, object>, {
      partition: this.partition,
      nextOffset,
      changed,
    })
  }
}

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
import type { Admin, Producer, Transaction } from 'kafkajs'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import { schemaIdOf } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import { KeyedState } from './keyed-state.ts'
import { out, type Incoming, type Outgoing, type Processor } from './processor.ts'
import { MARKER_KEY, readSnapshots } from './snapshot-store.ts'
import { MessageChunks } from './message-chunks.ts'
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

const CONCURRENT_TRANSACTIONS_TRIES = 200
const CONCURRENT_TRANSACTIONS_WAIT_MS = 10

export class PartitionWorker {
  private readonly deps: WorkerDependencies
  private readonly work: Work
  private readonly partition: number
  private readonly stats: WorkStats
  private readonly producer: Producer
  private readonly inputCodec: TopicCodec<unknown>
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
    this.inputCodec = deps.codecs.of<unknown>(work.input)
    this.states = isProcessor(work)
      ? new KeyedState<unknown, object>(work as Processor<unknown, object>)
      : undefined
  }

  async open(): Promise<void> {
    await connectFenced(this.producer)
    const committed = await this.committedOffset()
    const beginning = await this.deps.reader.beginningOffset(this.work.input.name, this.partition)
    if (committed !== undefined && committed < beginning) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${this.work.name}: the committed offset ${committed} of ${this.work.input.name}/${this.partition} is gone, the log begins at ${beginning}`,
      )
    }
    this.position = committed ?? beginning
    await this.restore(committed, beginning)
  }

  /** Processes records that lie at or after the position, in transactions. */
  async process(records: readonly RawRecord[]): Promise<void> {
    const fresh = records.filter((record) => record.offset >= this.position)
    for (let from = 0; from < fresh.length; from += this.deps.config.transactionRecordsMax) {
      await this.transact(fresh.slice(from, from + this.deps.config.transactionRecordsMax))
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
  }

  private async committedOffset(): Promise<number | undefined> {
    const topic = this.work.input.name
    const answers = await this.deps.admin.fetchOffsets({
      groupId: groupIdOf(this.work),
      topics: [topic],
    })
    const entry = answers[0]?.partitions.find((candidate) => candidate.partition === this.partition)
    const offset = Number(entry?.offset ?? -1)
    return offset < 0 ? undefined : offset
  }

  private async restore(committed: number | undefined, beginning: number): Promise<void> {
    if (this.states === undefined || !isProcessor(this.work)) return
    const { reader, codecs, logger } = this.deps
    const { stateTopic, stateVersion, input, name } = this.work as Processor<unknown, object>
    const { nextOffset, snapshots } = await readSnapshots({
      reader,
      codecs,
      stateTopic,
      stateVersion,
      partition: this.partition,
    })
    if (committed === undefined) {
      if (nextOffset === undefined) return
      throw new CandlewireError(
        'STATE_CORRUPT',
        `${name}: partition ${this.partition} has state up to offset ${nextOffset} but the group has no committed offset; commit that offset, or delete ${stateTopic.name} to start anew`,
      )
    }
    const from = nextOffset ?? beginning
    if (nextOffset === undefined && beginning > 0) {
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${name}: there is no snapshot of partition ${this.partition} and its input begins at ${beginning}, so the state cannot be rebuilt`,
      )
    }
    for (const snapshot of snapshots) this.states.restore(snapshot)
    for await (const records of reader.read(input.name, this.partition, from, committed)) {
      for (const incoming of await this.decodeAll(records, () => undefined))
        this.states.apply(incoming)
      this.stats.reapplied += records.length
    }
    this.sinceSnapshot = committed - from
    logger.info(
      { processor: name, partition: this.partition, keys: this.states.keys, from, committed },
      'State restored',
    )
  }

  private async transact(records: readonly RawRecord[]): Promise<void> {
    const last = records.at(-1)
    if (last === undefined) return
    const outgoing = await this.outputsOf(records)
    const snapshotsDue =
      this.states !== undefined &&
      this.sinceSnapshot + records.length >= this.deps.config.snapshotEveryRecords
    const transaction = await this.producer.transaction()
    try {
      await this.send(transaction, outgoing)
      if (snapshotsDue) await this.send(transaction, this.snapshotRound(last.offset + 1))
      await this.sendOffsets(transaction, last.offset + 1)
      await transaction.commit()
    } catch (thrown) {
      await transaction.abort().catch((cause: unknown) => {
        this.deps.logger.debug(
          { cause: messageOf(cause) },
          'Aborting the transaction failed; its time-out or the next owner ends it',
        )
      })
      throw thrown
    }
    this.position = last.offset + 1
    this.sinceSnapshot = snapshotsDue ? 0 : this.sinceSnapshot + records.length
    this.stats.recordsIn += records.length
    this.stats.recordsOut += outgoing.length
    this.stats.commits += 1
  }

  private async outputsOf(records: readonly RawRecord[]): Promise<Outgoing[]> {
    const outgoing: Outgoing[] = []
    const deadLetter = (letter: Outgoing) => {
      outgoing.push(letter)
      this.stats.deadLetters += 1
    }
    const decoded = await this.decodeAll(records, deadLetter)
    if (this.states !== undefined) {
      for (const incoming of decoded) outgoing.push(...this.states.apply(incoming))
    } else if (!isProcessor(this.work)) {
      outgoing.push(...(await this.work.handle(decoded)))
    }
    return outgoing
  }

  private async decodeAll(
    records: readonly RawRecord[],
    deadLetter: (letter: Outgoing) => void,
  ): Promise<Incoming<unknown>[]> {
    const topic = this.work.input.name
    const decoded: Incoming<unknown>[] = []
    for (const record of records) {
      try {
        if (!this.inputCodec.knows(record.value)) await this.inputCodec.prepare(record.value)
        decoded.push({
          topic,
          partition: this.partition,
          offset: record.offset,
          value: this.inputCodec.decode(record.value),
        })
      } catch (thrown) {
        if (!(thrown instanceof CandlewireError) || thrown.code === 'SERVICE_NOT_READY')
          throw thrown
        deadLetter(this.deadLetterOf(record, thrown))
      }
    }
    return decoded
  }

  private deadLetterOf(record: RawRecord, error: CandlewireError): Outgoing {
    return out(deadLettersTopic, {
      sourceTopic: this.work.input.name,
      sourcePartition: this.partition,
      sourceOffset: record.offset,
      sourceFile: null,
      sourceLine: null,
      eventTimeMs: 0,
      code: error.code,
      cause: error.message,
      schemaId: schemaIdOf(record.value) ?? null,
      originalKey: record.key ?? Buffer.alloc(0),
      originalBytes: record.value ?? Buffer.alloc(0),
      conflictingBytes: null,
    })
  }

  private snapshotRound(nextOffset: number): Outgoing[] {
    if (this.states === undefined || !isProcessor(this.work)) return []
    const { stateTopic, stateVersion, name } = this.work
    const record = (key: string, state: Buffer): Outgoing => ({
      topic: stateTopic,
      value: {
        processor: name,
        partition: this.partition,
        key,
        stateVersion,
        nextOffset,
        eventTimeMs: 0,
        state,
      },
    })
    const changed = this.states.takeDirty()
    this.stats.snapshots += changed.length
    return [
      ...changed.map(({ key, state }) => record(key, state)),
      record(MARKER_KEY, Buffer.alloc(0)),
    ]
  }

  private async send(transaction: Transaction, outgoing: readonly Outgoing[]): Promise<void> {
    const chunks = new MessageChunks(this.deps.codecs, this.partition)
    for (const output of outgoing) {
      const full = chunks.add(output)
      if (full !== undefined) await transaction.send(full)
    }
    for (const rest of chunks.rest()) await transaction.send(rest)
  }

  /** Without an earlier send in the transaction kafkajs does not retry CONCURRENT_TRANSACTIONS here. */
  private async sendOffsets(transaction: Transaction, nextOffset: number): Promise<void> {
    const offsets = {
      consumerGroupId: groupIdOf(this.work),
      topics: [
        {
          topic: this.work.input.name,
          partitions: [{ partition: this.partition, offset: String(nextOffset) }],
        },
      ],
    }
    for (let tries = 1; ; tries += 1) {
      try {
        await transaction.sendOffsets(offsets)
        return
      } catch (thrown) {
        const concurrent = (thrown as { type?: string }).type === 'CONCURRENT_TRANSACTIONS'
        if (!concurrent || tries >= CONCURRENT_TRANSACTIONS_TRIES) throw thrown
        await new Promise((resolve) => setTimeout(resolve, CONCURRENT_TRANSACTIONS_WAIT_MS))
      }
    }
  }
}

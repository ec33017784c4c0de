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
 *  10. send the offsets of both inputs, with the rolling digest of what was published, commit. Only then
 *      the position moves.
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
import { committedOffsetsOf, type CommittedOffsets } from './committed-offsets.ts'
import type { DigestChain } from './digest-chain.ts'
import { InputDecoder } from './input-decoder.ts'
import type { KeySnapshot } from './keyed-state.ts'
import { PartitionStates } from './partition-states.ts'
import { commitPartition } from './partition-transaction.ts'
import type { Outgoing, Processor } from './processor.ts'
import type { ProcessorMetrics } from './processor-metrics.ts'
import { publishedChain } from './published-chain.ts'
import { restoreStates } from './restore-states.ts'
import { groupIdOf, isProcessor, transactionalIdOf, type Work } from './work.ts'
import { countDeadLetters, type WorkStats } from './work-stats.ts'

export interface WorkerDependencies {
  readonly config: Pick<Config, 'snapshotEveryRecords' | 'transactionRecordsMax'>
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly logger: Logger
  readonly metrics?: ProcessorMetrics
}

export class PartitionWorker {
  private readonly deps: WorkerDependencies
  private readonly work: Work
  private readonly partition: number
  private readonly stats: WorkStats
  private readonly producer: Producer
  private readonly decoder: InputDecoder
  /** Of a processor, once opened. */
  private states: PartitionStates | undefined
  /** Of what was published; unset where nothing is chained. */
  private chain: DigestChain | undefined
  /** Next input offset to process. */
  position = 0
  /** Of the newest record committed since it was opened, in the order of the log. */
  eventTimeMs: number | undefined
  private decodedEventTimeMs: number | undefined
  /** Whether the group's fetching was brought to the position. */
  isAligned = false
  /** Everything below was handed over, markers included. */
  private handedOver = 0

  constructor(deps: WorkerDependencies, work: Work, partition: number, stats: WorkStats) {
    this.deps = deps
    this.work = work
    this.partition = partition
    this.stats = stats
    this.producer = createProducer(deps.kafka, transactionalIdOf(work, partition))
    this.decoder = new InputDecoder(deps.codecs.of<unknown>(work.input), partition)
  }

  /** @throws CandlewireError OFFSET_OUT_OF_RANGE, STATE_CORRUPT, SETTINGS_CHANGED, FENCED */
  async open(): Promise<void> {
    const started = performance.now()
    const before = this.stats.reapplied
    await connectFenced(this.producer)
    const { admin, reader } = this.deps
    const committed = await committedOffsetsOf(admin, this.work, this.partition)
    const beginning = await reader.beginningOffset(this.work.input.name, this.partition)
    this.position = committed.input ?? beginning
    await this.requireInLog(beginning)
    this.chain = publishedChain(this.work, committed, this.position)
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

  /** Told that what lies below was handed over, markers and aborted records included. */
  handedOverUpTo(offset: number): void {
    this.handedOver = Math.max(this.handedOver, offset)
  }

  /**
   * A client whose position fell off retention goes on at the beginning of the log and says nothing. So
   * where a fetch does not follow on, the log is asked; markers and aborted records leave gaps, too.
   * @throws CandlewireError OFFSET_OUT_OF_RANGE if records that were never processed are gone
   */
  async requireNoGapBefore(fetchedOffset: number): Promise<void> {
    const next = Math.max(this.position, this.handedOver)
    if (fetchedOffset <= next) return
    const { work, partition } = this
    const beginning = await this.deps.reader.beginningOffset(work.input.name, partition)
    if (beginning <= next) return
    throw new CandlewireError(
      'OFFSET_OUT_OF_RANGE',
      `${work.name}: ${work.input.name}/${partition} was processed up to ${next}, but retention has removed everything before ${beginning}`,
    )
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
  }

  /** What the processor counts in the states of this partition. */
  counts(): Readonly<Record<string, number>> {
    return this.states?.counts() ?? {}
  }

  /** Retention may have removed what is next, or the topic may have been made anew. */
  private async requireInLog(beginning: number): Promise<void> {
    const { work, partition, position } = this
    const where = `${work.name}: the committed offset ${position} of ${work.input.name}/${partition}`
    if (position < beginning)
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${where} is gone, the log begins at ${beginning}`,
      )
    const end = await this.deps.reader.endOffset(work.input.name, partition)
    if (position > end)
      throw new CandlewireError(
        'OFFSET_OUT_OF_RANGE',
        `${where} is behind the end of the log at ${end}: the topic was made anew or this is another cluster`,
      )
  }

  private async restore(committed: CommittedOffsets, beginning: number): Promise<void> {
    const { work, partition, decoder, deps } = this
    if (!isProcessor(work)) return
    const processor = work as Processor<unknown, object>
    const onReapplied = (records: number) => (this.stats.reapplied += records)
    const place = { ...deps, processor, partition, decoder, onReapplied }
    const { snapshotEveryRecords } = deps.config
    this.states = new PartitionStates(
      processor,
      { partition, snapshotEveryRecords },
      await restoreStates({ ...place, committed, beginning }),
    )
  }

  private async transact(records: readonly RawRecord[]): Promise<void> {
    const last = records.at(-1)
    if (last === undefined) return
    const { states } = this
    const nextOffset = last.offset + 1
    const sideTaken = states?.side?.taken ?? 0
    const started = performance.now()
    await states?.lookAround()
    const outgoing = await this.outputsOf(records)
    const stepped = performance.now()
    const isRoundDue = states?.isSnapshotDue(records) === true
    const round = isRoundDue ? states.round(nextOffset, (each) => this.countSnapshot(each)) : []
    const chain = this.chain?.fork()
    await commitPartition(this.producer, this.deps.codecs, this.deps.logger, {
      chain,
      outgoing: chained(outgoing, round),
      groupId: groupIdOf(this.work),
      partition: this.partition,
      nextOffsets: [{ topic: this.work.input.name, nextOffset }, ...this.sideOffset()],
    })
    this.position = nextOffset
    this.chain = chain
    states?.committed(records, isRoundDue)
    this.eventTimeMs = this.decodedEventTimeMs
    this.count(records, outgoing, {
      sideRecords: (states?.side?.taken ?? 0) - sideTaken,
      stepSeconds: (stepped - started) / 1_000,
      commitSeconds: (performance.now() - stepped) / 1_000,
    })
  }

  private async outputsOf(batch: readonly RawRecord[]): Promise<Outgoing[]> {
    const { work, states } = this
    const { records, deadLetters } = await this.decoder.decode(batch)
    const newest = records.at(-1)
    if (newest !== undefined) this.decodedEventTimeMs = work.input.eventTimeMsOf(newest.value)
    let outgoing: readonly Outgoing[]
    if (isProcessor(work)) {
      const stepped = (await states?.stepAll(records)) ?? []
      outgoing = (await work.finish?.(stepped)) ?? stepped
    } else {
      outgoing = await work.handle(records)
    }
    return [...(states?.side?.takeDeadLetters() ?? []), ...deadLetters, ...outgoing]
  }

  private sideOffset(): { topic: string; nextOffset: number }[] {
    const topic = isProcessor(this.work) ? this.work.sideInput?.topic.name : undefined
    const side = this.states?.side
    if (side === undefined || topic === undefined) return []
    return [{ topic, nextOffset: side.position }]
  }

  private countSnapshot(snapshot: KeySnapshot): void {
    this.stats.snapshots += 1
    this.deps.metrics?.snapshot(snapshot.state.byteLength)
  }

  private count(
    records: readonly RawRecord[],
    outgoing: readonly Outgoing[],
    more: { sideRecords: number; stepSeconds: number; commitSeconds: number },
  ): void {
    const { stats, deps } = this
    countDeadLetters(stats, deps.metrics, outgoing)
    stats.recordsIn += records.length
    stats.recordsOut += outgoing.length
    stats.sideRecordsIn += more.sideRecords
    stats.commits += 1
    deps.metrics?.committed({ records: records.length, outputs: outgoing.length, ...more })
  }
}

function* chained(...parts: readonly Iterable<Outgoing>[]): Generator<Outgoing> {
  for (const part of parts) yield* part
}

/**
 * The errors that the interval of a past prediction was made from: the outcomes of its version and
 * instrument between the offsets that its lineage names, as far as they were known by then
 * (docs/adr/0038). Asked for in rising order; what was read is kept, bounded.
 */
import { InputDecoder } from '../../processors/runtime/input-decoder.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Lineage, Outcome, Prediction } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { outcomesTopic } from '../../streams/topics.ts'
import { ErrorBook, type ErrorSummary } from '../live/error-book.ts'

/** Outcomes kept of a version on an instrument: four times what an interval is made from. */
const KEPT = 8_000
/** Pairs of version and instrument kept; the one longest without an outcome is forgotten. */
const PAIRS_MAX = 512

type Known = Incoming<Outcome>

export class KnownErrors {
  private readonly reader: PartitionReader
  private readonly partition: number
  private readonly decoder: InputDecoder
  private readonly pairs = new Map<string, Known[]>()
  /** Of each pair, the first offset from which all its outcomes are kept. */
  private readonly keptFrom = new Map<string, number>()
  private batches: AsyncGenerator<readonly Incoming<unknown>[]> | undefined
  private firstRead = 0
  private next = 0
  /** Predictions of one batch mostly share it. */
  private last: { key: string; knownAtMs: number; summary: ErrorSummary | undefined } | undefined

  constructor(reader: PartitionReader, codecs: Codecs, partition: number) {
    this.reader = reader
    this.partition = partition
    this.decoder = new InputDecoder(codecs.of(outcomesTopic) as TopicCodec<unknown>, partition)
  }

  /** @param named of `outcomes.v1` in the lineage of the prediction */
  async of(prediction: Prediction, named: Lineage): Promise<ErrorSummary | undefined> {
    const { fromOffset, toOffset } = named
    const { eventTimeMs } = prediction
    const key = `${keyOf(prediction)} ${fromOffset} ${toOffset}`
    if (this.last?.key === key && eventTimeMs >= this.last.knownAtMs) return this.last.summary
    const sample = await this.between(prediction, fromOffset, toOffset)
    const book = new ErrorBook(outcomesTopic.name)
    let knownAtMs = -Infinity
    for (const { value, offset } of sample) {
      knownAtMs = Math.max(knownAtMs, value.eventTimeMs)
      if (value.eventTimeMs <= eventTimeMs) book.add(value, { partition: this.partition, offset })
    }
    const summary = book.knownBy(prediction, eventTimeMs)
    this.last = knownAtMs <= eventTimeMs ? { key, knownAtMs, summary } : undefined
    return summary
  }

  async close(): Promise<void> {
    await this.batches?.return(undefined)
  }

  private async between(prediction: Prediction, from: number, to: number): Promise<Known[]> {
    if (this.batches === undefined) {
      this.firstRead = from
      this.batches = this.read(from, Infinity)
    }
    while (this.next <= to) {
      const step = await this.batches.next()
      if (step.done === true) break
      for (const record of step.value) this.keep(record as Known)
    }
    const key = keyOf(prediction)
    const isKept = from >= (this.keptFrom.get(key) ?? this.firstRead)
    const known = isKept ? (this.pairs.get(key) ?? []) : await this.again(key, from, to)
    return known.filter(({ offset }) => offset >= from && offset <= to)
  }

  private keep(record: Known): void {
    this.next = record.offset + 1
    const key = keyOf(record.value)
    const known = this.pairs.get(key) ?? []
    this.pairs.delete(key)
    this.pairs.set(key, known)
    known.push(record)
    if (known.length > KEPT) this.keptFrom.set(key, known.shift()!.offset + 1)
    const [oldest] = this.pairs.keys()
    if (this.pairs.size <= PAIRS_MAX || oldest === undefined) return
    this.keptFrom.set(oldest, this.pairs.get(oldest)!.at(-1)!.offset + 1)
    this.pairs.delete(oldest)
  }

  /** What is not kept any more, or lies before the first that was asked for. */
  private async again(key: string, from: number, to: number): Promise<Known[]> {
    const found: Known[] = []
    for await (const records of this.read(from, to + 1))
      for (const record of records as readonly Known[])
        if (keyOf(record.value) === key) found.push(record)
    return found
  }

  private async *read(from: number, to: number): AsyncGenerator<readonly Incoming<unknown>[]> {
    const { name } = outcomesTopic
    const begin = await this.reader.beginningOffset(name, this.partition)
    const end = Math.min(to, await this.reader.endOffset(name, this.partition))
    for await (const batch of this.reader.read(name, this.partition, Math.max(from, begin), end))
      yield (await this.decoder.decode(batch)).records
  }
}

const keyOf = ({
  modelName,
  modelVersion,
  instrument,
}: Pick<Outcome, 'modelName' | 'modelVersion' | 'instrument'>): string =>
  `${modelName}/${modelVersion} ${instrument}`

/** The newest candle of each instrument, from the tail of candles.v1, read on from look to look. */
import type { Codecs } from '../../../streams/codec.ts'
import { CandlewireError } from '../../../streams/errors.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import { candlesTopic } from '../../../streams/topics.ts'

/** Records of each partition that are looked at when the watcher starts. */
const TAIL_RECORDS = 2_000
/** Most records of a partition read at one look; a history that is produced is passed over. */
const LOOK_RECORDS_MAX = 20_000
/** Instruments remembered. */
const INSTRUMENTS_MAX = 10_000

export class NewestCandles {
  private readonly reader: PartitionReader
  private readonly codecs: Codecs
  private readonly next = new Map<number, number>()
  /** Close of the newest candle, ms, by instrument. */
  readonly closeMs = new Map<string, number>()

  constructor(reader: PartitionReader, codecs: Codecs) {
    this.reader = reader
    this.codecs = codecs
  }

  async look(): Promise<void> {
    for (const partition of await this.reader.partitions(candlesTopic.name))
      await this.readOn(partition)
  }

  private async readOn(partition: number): Promise<void> {
    const { reader } = this
    const { name } = candlesTopic
    const end = await reader.endOffset(name, partition)
    const from = Math.max(
      this.next.get(partition) ?? end - TAIL_RECORDS,
      end - LOOK_RECORDS_MAX,
      await reader.beginningOffset(name, partition),
    )
    for await (const batch of reader.read(name, partition, from, end))
      for (const { value } of batch) await this.take(value)
    this.next.set(partition, end)
  }

  private async take(bytes: Buffer | null): Promise<void> {
    const codec = this.codecs.of(candlesTopic)
    try {
      await codec.prepare(bytes)
      const candle = codec.decode(bytes)
      const { instrument } = candle
      const known = this.closeMs.get(instrument)
      if (known === undefined && this.closeMs.size >= INSTRUMENTS_MAX) return
      this.closeMs.set(instrument, Math.max(known ?? 0, candlesTopic.eventTimeMsOf(candle)))
    } catch (thrown) {
      // The features processor says what is wrong with it.
      if (!(thrown instanceof CandlewireError) || thrown.retryable) throw thrown
    }
  }
}

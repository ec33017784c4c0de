/**
 * Reads a generation beside what was published.
 *
 * Both topics have the vectors of a partition in the order of the candles that brought them about, so
 * they merge in one pass and nothing is kept.
 */
import type { Features } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { candlesTopic, featuresTopic, type Topic } from '../../streams/topics.ts'
import { readAhead } from './read-ahead.ts'

export interface LoggedVector {
  readonly vector: Features
  readonly bytes: Buffer
  readonly offset: number
}

/** Vectors of one bar; at least one of them is there. */
export interface VectorPair {
  /** As published. */
  readonly was: LoggedVector | undefined
  /** Of the generation. */
  readonly is: LoggedVector | undefined
}

/** From the first vector of the generation to its last: what was published before and after is left out. */
export async function* sideBySide(
  reader: PartitionReader,
  codecs: Codecs,
  generation: Topic<Features>,
  partition: number,
): AsyncGenerator<VectorPair> {
  const codec = codecs.of(featuresTopic)
  const made = new VectorLog(reader, codec, generation.name, partition)
  const published = new VectorLog(reader, codec, featuresTopic.name, partition)
  try {
    let [is, was] = [await made.next(), await published.next()]
    const first = is
    while (first !== undefined && was !== undefined && order(was, first) < 0)
      was = await published.next()
    while (is !== undefined) {
      const side: number = was === undefined ? 1 : order(was, is)
      yield { was: side <= 0 ? was : undefined, is: side >= 0 ? is : undefined }
      if (side >= 0) is = await made.next()
      if (side <= 0) was = await published.next()
    }
  } finally {
    await Promise.all([made.close(), published.close()])
  }
}

/** By the candle that brought the vector about, then by its time: several may come from one candle. */
function order({ vector: a }: LoggedVector, { vector: b }: LoggedVector): number {
  return candleOf(a) - candleOf(b) || a.openTimeMs - b.openTimeMs
}

const candleOf = ({ lineage }: Features): number =>
  lineage.find(({ topic }) => topic === candlesTopic.name)?.toOffset ?? -1

/** The vectors of one partition, one at a time; records that are none are passed over. */
class VectorLog {
  private readonly batches: AsyncGenerator<LoggedVector[]>
  private waiting: LoggedVector[] = []
  private at = 0

  constructor(
    reader: PartitionReader,
    codec: TopicCodec<Features>,
    topic: string,
    partition: number,
  ) {
    this.batches = readAhead(vectorsOf(reader, codec, topic, partition))
  }

  async next(): Promise<LoggedVector | undefined> {
    while (this.at >= this.waiting.length) {
      const step = await this.batches.next()
      if (step.done === true) return undefined
      this.waiting = step.value
      this.at = 0
    }
    return this.waiting[this.at++]
  }

  async close(): Promise<void> {
    await this.batches.return(undefined)
  }
}

async function* vectorsOf(
  reader: PartitionReader,
  codec: TopicCodec<Features>,
  topic: string,
  partition: number,
): AsyncGenerator<LoggedVector[]> {
  const from = await reader.beginningOffset(topic, partition)
  const to = await reader.endOffset(topic, partition)
  for await (const records of reader.read(topic, partition, from, to)) {
    const vectors: LoggedVector[] = []
    for (const { value, offset } of records) {
      if (value === null) continue
      try {
        await codec.prepare(value)
        const vector = codec.decode(value)
        // Without lineage it is of no candle: the replay names it.
        if (candleOf(vector) >= 0) vectors.push({ vector, bytes: value, offset })
      } catch (thrown) {
        if (!(thrown instanceof CandlewireError) || thrown.retryable) throw thrown
      }
    }
    yield vectors
  }
}

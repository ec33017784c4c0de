/**
 * Explains a shadow generation against what was published, feature by feature: how many bars were
 * compared, how many differ, by how much at most, and where first.
 *
 * Both topics have the vectors of a partition in the order of the candles that brought them about, so
 * they are read side by side and nothing is kept but the counts.
 */
import type { Features } from '../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'
import { generationTopic, readGenerations } from './generation.ts'
import { readAhead } from './read-ahead.ts'

export interface FeatureDiff {
  readonly feature: string
  compared: number
  different: number
  /** Of values that are numbers on both sides; 0 where none differs by a number. */
  largestDifference: number
  first:
    | {
        readonly instrument: string
        readonly eventTimeMs: number
        readonly published: unknown
        readonly generation: unknown
      }
    | undefined
}

export interface GenerationDiff {
  readonly features: readonly FeatureDiff[]
  readonly compared: number
  readonly different: number
  /** Bars that only one side has; those before and after the generation's range are not counted. */
  readonly onlyPublished: number
  readonly onlyGeneration: number
}

interface DiffOptions {
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly generation: string
  readonly signal: AbortSignal
  readonly onProgress: (vectors: number) => void
}

/** @throws CandlewireError NOT_FOUND if there is no such generation, or it is not whole */
export async function diffGeneration(options: DiffOptions): Promise<GenerationDiff> {
  const { reader, codecs, generation, signal } = options
  const topic = generationTopic(generation)
  if ((await readGenerations(reader, codecs)).get(generation)?.state !== 'written')
    throw new CandlewireError('NOT_FOUND', `There is no whole generation ${generation}`)
  const diff = new DiffCount()
  for (const partition of await reader.partitions(topic.name)) {
    const made = new VectorLog(reader, codecs.of(featuresTopic), topic.name, partition)
    const published = new VectorLog(reader, codecs.of(featuresTopic), featuresTopic.name, partition)
    try {
      let [is, was] = [await made.next(), await published.next()]
      const first = is
      // What was published before the generation begins is not part of it.
      while (is !== undefined && was !== undefined && order(was, first!) < 0)
        was = await published.next()
      while (is !== undefined) {
        signal.throwIfAborted()
        const side: number = was === undefined ? 1 : order(was, is)
        if (side === 0) {
          diff.compare(was!, is)
          ;[is, was] = [await made.next(), await published.next()]
        } else if (side < 0) {
          diff.onlyPublished += 1
          was = await published.next()
        } else {
          diff.onlyGeneration += 1
          is = await made.next()
        }
        if (diff.compared % 1_000 === 0) options.onProgress(diff.compared)
      }
    } finally {
      await Promise.all([made.close(), published.close()])
    }
  }
  const { compared, different, onlyPublished, onlyGeneration } = diff
  return { features: diff.features, compared, different, onlyPublished, onlyGeneration }
}

/** By the candle that brought the vector about, then by its time: several may come from one candle. */
function order(a: Features, b: Features): number {
  return candleOf(a) - candleOf(b) || a.openTimeMs - b.openTimeMs
}

const candleOf = ({ lineage }: Features): number =>
  lineage.find(({ topic }) => topic === candlesTopic.name)?.toOffset ?? -1

class DiffCount {
  compared = 0
  different = 0
  onlyPublished = 0
  onlyGeneration = 0
  private readonly byFeature = new Map<string, FeatureDiff>()

  get features(): readonly FeatureDiff[] {
    return [...this.byFeature.values()]
  }

  compare(was: Features, is: Features): void {
    this.compared += 1
    let differs = false
    for (const [feature, after] of Object.entries(is.values) as [string, unknown][]) {
      const before: unknown = was.values[feature as keyof Features['values']] ?? null
      const count = this.of(feature)
      count.compared += 1
      if (Object.is(before, after)) continue
      differs = true
      count.different += 1
      if (typeof before === 'number' && typeof after === 'number')
        count.largestDifference = Math.max(count.largestDifference, Math.abs(after - before))
      const { instrument, eventTimeMs } = is
      count.first ??= { instrument, eventTimeMs, published: before, generation: after }
    }
    this.different += Number(differs)
  }

  private of(feature: string): FeatureDiff {
    const known = this.byFeature.get(feature)
    if (known !== undefined) return known
    const fresh = { feature, compared: 0, different: 0, largestDifference: 0, first: undefined }
    this.byFeature.set(feature, fresh)
    return fresh
  }
}

/** The vectors of one partition, one at a time; records that are none are passed over. */
class VectorLog {
  private readonly batches: AsyncGenerator<Features[]>
  private waiting: readonly Features[] = []
  private at = 0

  constructor(
    reader: PartitionReader,
    codec: TopicCodec<Features>,
    topic: string,
    partition: number,
  ) {
    this.batches = readAhead(vectorsOf(reader, codec, topic, partition))
  }

  async next(): Promise<Features | undefined> {
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
): AsyncGenerator<Features[]> {
  const from = await reader.beginningOffset(topic, partition)
  const to = await reader.endOffset(topic, partition)
  for await (const records of reader.read(topic, partition, from, to)) {
    const vectors: Features[] = []
    for (const { value } of records) {
      try {
        await codec.prepare(value)
        const vector = codec.decode(value)
        // Without lineage it is of no candle: the replay names it.
        if (candleOf(vector) >= 0) vectors.push(vector)
      } catch (thrown) {
        if (!(thrown instanceof CandlewireError) || thrown.retryable) throw thrown
      }
    }
    yield vectors
  }
}

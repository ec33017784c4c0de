/**
 * Explains a shadow generation against what was published, feature by feature: how many bars were
 * compared, how many differ, by how much at most, and where first.
 * The topics are read side by side, and nothing is kept but the counts.
 */
import type { Features } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { generationTopic, readGenerations } from './generation.ts'
import { sideBySide } from './side-by-side.ts'

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
    for await (const { was, is } of sideBySide(reader, codecs, topic, partition)) {
      signal.throwIfAborted()
      if (was === undefined) diff.onlyGeneration += 1
      else if (is === undefined) diff.onlyPublished += 1
      else diff.compare(was.vector, is.vector)
      if (diff.compared % 1_000 === 0) options.onProgress(diff.compared)
    }
  }
  const { compared, different, onlyPublished, onlyGeneration } = diff
  return { features: diff.features, compared, different, onlyPublished, onlyGeneration }
}

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

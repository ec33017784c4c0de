/**
 * Makes every scored article and every duplicate again from `news.v1`, with the sentiment processor's
 * own step, and compares both topics with what was published.
 *
 * A score is computed once and recorded (docs/adr/0020): its bits belong to a kind of machine. So the
 * probabilities that a model gave are taken from the published record, one for all instruments of an
 * article, and everything else is made: what repeats what, for which instruments, score and
 * confidence, lineage, partition. An article that brought its probabilities is made as a whole.
 */
import type { DeadLetter, NewsDuplicate, Sentiment } from '../../../schemas/generated.ts'
import type { Codecs, TopicCodec } from '../../../streams/codec.ts'
import type { Config } from '../../../streams/config.ts'
import { decidedEnd } from '../../../streams/decided.ts'
import { CandlewireError } from '../../../streams/errors.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import { partitionOfKey } from '../../../streams/partition-of-key.ts'
import {
  deadLettersTopic,
  newsDuplicatesTopic,
  newsTopic,
  sentimentTopic,
} from '../../../streams/topics.ts'
import type { Outgoing } from '../../runtime/processor.ts'
import { groupIdOf } from '../../runtime/work.ts'
import {
  RECORDED,
  sentimentProcessor,
  sentimentRecords,
  type ScoredBy,
  type UnscoredArticle,
} from '../../sentiment/sentiment-processor.ts'
import { isUnscored } from '../../sentiment/article-scoring.ts'
import { committedOffsets } from '../replay-features.ts'
import type { RecordComparison } from './record-comparison.ts'
import type { RecordsResult } from './record-tally.ts'
import {
  comparisonOf,
  replayInput,
  requireCommitted,
  summaryOf,
  type TopicReplayOptions,
  type TopicReplayResult,
} from './topic-replay.ts'

/** `news.v1` and the duplicates have one partition. */
const PARTITION = 0
/** Of an article whose score is nowhere: no published record is equal to it. */
const NO_SCORE: ScoredBy = {
  positive: NaN,
  negative: NaN,
  neutral: NaN,
  model: '(not recorded)',
  modelSha256: '',
}

export interface SentimentReplayOptions extends TopicReplayOptions {
  readonly config: Pick<Config, 'instrument' | 'sentimentRecorded'>
}

/** @throws CandlewireError NOT_FOUND if nothing was ever published, OFFSET_OUT_OF_RANGE */
export async function replaySentiments(
  options: SentimentReplayOptions,
): Promise<TopicReplayResult> {
  const startedAt = performance.now()
  const { config, reader, codecs } = options
  const counts = { inputs: 0, taken: 0 }
  const places = await committedOffsets({ ...options, processor: sentimentOf(config) })
  const committed = places.find(({ partition }) => partition === PARTITION)?.committed ?? 0
  requireCommitted(committed, groupIdOf({ name: 'sentiment' }))
  const scored = new Map<number, RecordComparison<Sentiment>>()
  const partitions = await reader.partitions(sentimentTopic.name)
  for (const partition of partitions)
    scored.set(partition, await comparisonOf(options, sentimentTopic, partition, identityOf))
  const duplicates = await comparisonOf(options, newsDuplicatesTopic, PARTITION, identityOf)
  const refused = await refusedOffsets(reader, codecs)
  const comparisons = [...scored.values(), duplicates]
  const of = ({ instrument }: { instrument: string }) =>
    scored.get(partitionOfKey(sentimentTopic.name, instrument, partitions))!

  /** The recorded score of an article, from the first instrument that has it. */
  async function recall({ record, instruments }: UnscoredArticle): Promise<ScoredBy> {
    for (const instrument of instruments) {
      const { articleId } = record.value
      const lineage = [{ topic: newsTopic.name, partition: PARTITION, ...placeOf(record.offset) }]
      const found = await of({ instrument }).find(identityOf({ instrument, articleId, lineage }))
      // One that says it came with the article did not come from a model.
      if (found !== undefined && found.modelSha256 !== RECORDED) return found
    }
    return NO_SCORE
  }

  async function finish(outputs: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    const finished: Outgoing[] = []
    for (const output of outputs) {
      if (!isUnscored(output.value)) finished.push(output)
      else if (!refused.has(output.value.record.offset)) {
        finished.push(...sentimentRecords(output.value, await recall(output.value)))
        counts.taken += 1
      }
    }
    return finished
  }

  async function take({ topic, value }: Outgoing, isAhead: boolean): Promise<void> {
    if (topic === sentimentTopic) await of(value as Sentiment).add(value as Sentiment, isAhead)
    else if (topic === newsDuplicatesTopic) await duplicates.add(value as NewsDuplicate, isAhead)
  }

  try {
    await replayInput(options, {
      processor: sentimentOf(config, finish),
      partition: PARTITION,
      committed,
      comparisons,
      take,
      signal: options.signal,
      onProgress: (more) => {
        counts.inputs += more
        const score = (of: 'compared' | 'differing') =>
          comparisons.reduce((sum, comparison) => sum + comparison.score[of], 0)
        options.onProgress({
          inputsDone: Math.min(counts.inputs, committed),
          inputsTotal: committed,
          compared: score('compared'),
          differing: score('differing'),
        })
      },
    })
    const results: RecordsResult[] = []
    for (const comparison of comparisons) results.push(await comparison.end())
    return summaryOf(results, { inputs: counts.inputs, taken: takenText(counts.taken), startedAt })
  } finally {
    await Promise.all(comparisons.map((comparison) => comparison.close()))
  }
}

const sentimentOf = (
  config: SentimentReplayOptions['config'],
  finish: (outputs: readonly Outgoing[]) => Promise<readonly Outgoing[]> = (outputs) =>
    Promise.resolve(outputs),
) => sentimentProcessor(config, finish)

type Identified = Pick<Sentiment, 'instrument' | 'articleId' | 'lineage'>

const identityOf = ({ instrument, articleId, lineage }: Identified): string =>
  `${instrument}@${articleId}@${lineage[0]?.fromOffset ?? ''}`

const placeOf = (offset: number) => ({ fromOffset: offset, toOffset: offset })

const takenText = (articles: number): string =>
  articles === 0
    ? ''
    : `the probabilities of ${articles} articles that a model scored are the recorded ones`

/** Articles that a model refused: they have a dead letter in place of a score. */
async function refusedOffsets(
  reader: PartitionReader,
  codecs: Codecs,
): Promise<ReadonlySet<number>> {
  const { name } = deadLettersTopic
  const codec = codecs.of(deadLettersTopic)
  const offsets = new Set<number>()
  for (const partition of await reader.partitions(name)) {
    const from = await reader.beginningOffset(name, partition)
    const to = await decidedEnd(reader, name, partition)
    for await (const records of reader.read(name, partition, from, to))
      for (const { value } of records) {
        const letter = await readable(codec, value)
        if (letter?.sourceTopic === newsTopic.name && letter.code === 'ARTICLE_NOT_SCORED')
          offsets.add(letter.sourceOffset ?? NaN)
      }
  }
  return offsets
}

async function readable(
  codec: TopicCodec<DeadLetter>,
  value: Buffer | null,
): Promise<DeadLetter | undefined> {
  try {
    if (!codec.knows(value)) await codec.prepare(value)
    return codec.decode(value)
  } catch (thrown) {
    if (thrown instanceof CandlewireError && !thrown.retryable) return undefined
    throw thrown
  }
}

/**
 * From `news.v1` to `sentiment.v1`: every article that is new becomes one scored record per instrument
 * it is about; every other one is a record of `news-duplicates.v1` or a dead letter. So each article
 * and instrument comes out exactly once.
 *
 * The step is pure: what is invalid, what repeats, and the probabilities an article brought itself.
 * Those that a model has to score leave it as {@link UnscoredArticle} and become records in `finish`
 * (`article-scoring.ts`), after the state was stepped and before the transaction commits.
 */
import type { Lineage, News, Sentiment } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import {
  newsDuplicatesTopic,
  newsTopic,
  sentimentStateTopic,
  sentimentTopic,
} from '../../streams/topics.ts'
import { out, type Incoming, type Outgoing, type Processor } from '../runtime/processor.ts'
import { meet, noArticles, type SeenArticles } from './duplicates.ts'
import { articleFault, refusedArticle } from './refused-article.ts'

/** `modelSha256` of records whose probabilities came with the article. */
export const RECORDED = 'recorded'

/**
 * Articles in one transaction. At a live pace there are one or two and they are out at once; after a
 * stop there are thousands, and so many keep two threads busy for 1 s (distilled) to 8 s (FinBERT on
 * long texts), far below every time-out.
 */
const ARTICLES_A_TRANSACTION = 64

/** The three probabilities of an article, and who gave them. */
export interface ScoredBy {
  readonly positive: number
  readonly negative: number
  readonly neutral: number
  readonly model: string
  readonly modelSha256: string
}

/** An article on its way through `finish`: new for these instruments, and without probabilities. */
export interface UnscoredArticle {
  readonly record: Incoming<News>
  readonly instruments: readonly string[]
}

export type SentimentProcessor = Processor<News, SeenArticles>

/** @param finish scores what the steps left unscored */
export function sentimentProcessor(
  config: Pick<Config, 'instrument' | 'sentimentRecorded'>,
  finish: NonNullable<SentimentProcessor['finish']>,
): SentimentProcessor {
  return {
    name: 'sentiment',
    stateVersion: 1,
    input: newsTopic,
    stateTopic: sentimentStateTopic,
    // One state for all: an article is compared with those of every source.
    keyOf: () => 'news',
    initial: noArticles,
    transactionRecordsMax: ARTICLES_A_TRANSACTION,
    step: (seen, record) => stepArticle(seen, record, config),
    finish,
  }
}

function stepArticle(
  seen: SeenArticles,
  record: Incoming<News>,
  config: Pick<Config, 'instrument' | 'sentimentRecorded'>,
): readonly Outgoing[] {
  const article = record.value
  const fault = articleFault(article)
  if (fault !== undefined) return [refusedArticle(record, 'NEWS_INVALID', fault)]
  const outputs: Outgoing[] = []
  const isNewFor: string[] = []
  const named = article.instruments.length === 0 ? [config.instrument] : article.instruments
  for (const instrument of new Set(named)) {
    const duplicate = meet(seen, instrument, article)
    if (duplicate === undefined) {
      isNewFor.push(instrument)
      continue
    }
    const { articleId, availableAtMs, title, source } = article
    outputs.push(
      out(newsDuplicatesTopic, {
        instrument,
        articleId,
        duplicateOf: duplicate.of,
        reason: duplicate.reason,
        availableAtMs,
        title,
        source,
        lineage: lineageOf(record),
      }),
    )
  }
  if (isNewFor.length === 0) return outputs
  const unscored: UnscoredArticle = { record, instruments: isNewFor }
  const recorded = config.sentimentRecorded === 'use' ? article.recordedSentiment : null
  if (recorded === null) return [...outputs, { topic: sentimentTopic, value: unscored }]
  return [...outputs, ...sentimentRecords(unscored, { ...recorded, modelSha256: RECORDED })]
}

/** The records of a scored article, one per instrument, to the partition of its candles. */
export function sentimentRecords(
  { record, instruments }: UnscoredArticle,
  { positive, negative, neutral, model, modelSha256 }: ScoredBy,
): Outgoing[] {
  const { articleId, availableAtMs, publishedAtMs, title, source, url } = record.value
  return instruments.map((instrument): Outgoing => {
    const value: Sentiment = {
      instrument,
      articleId,
      availableAtMs,
      positive,
      negative,
      neutral,
      score: positive - negative,
      confidence: Math.max(positive, negative, neutral),
      title,
      source,
      model,
      modelSha256,
      lineage: lineageOf(record),
      publishedAtMs,
      url,
    }
    return { topic: sentimentTopic, value, partitionBy: 'key' }
  })
}

const lineageOf = ({ topic, partition, offset }: Incoming<News>): readonly Lineage[] => [
  { topic, partition, fromOffset: offset, toOffset: offset },
]

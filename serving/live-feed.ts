/** Follows the topics that the page and the streams show, from a bounded way before their ends. */
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import {
  candlesTopic,
  deadLettersTopic,
  featuresTopic,
  newsTopic,
  outcomesTopic,
  predictionsTopic,
  sentimentTopic,
} from '../streams/topics.ts'
import type { ErrorBook } from './live/error-book.ts'
import type { MarketView } from './live/market-view.ts'
import { ARTICLES_MAX } from './live/recent-articles.ts'
import { decoded, TopicTail, type Reader } from './live/topic-tail.ts'
import type { ServingMetrics } from './metrics.ts'

/** Enough for the charts and for the outcomes of what they show, of the few instruments of a partition. */
const BACKLOG_VECTORS = 2_000
const BACKLOG_PREDICTIONS = 8_000
/** What the intervals of a dozen versions of one instrument are made from. */
const BACKLOG_OUTCOMES = 24_000
const BACKLOG_ARTICLES = ARTICLES_MAX
/** These are only counted. */
const BACKLOG_NONE = 0

export interface LiveFeed {
  /** By what the page calls them: the flow of a candle first. */
  readonly tails: ReadonlyMap<string, TopicTail>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface FeedOptions {
  readonly reader: Reader
  readonly codecs: Codecs
  readonly view: MarketView
  readonly errors: ErrorBook
  readonly metrics: Pick<ServingMetrics, 'articlesScored'>
  readonly logger: Logger
}

export function liveFeed({ reader, codecs, view, errors, metrics, logger }: FeedOptions): LiveFeed {
  const count = (): void => {
    view.changes += 1
  }
  const tail = (topic: string, backlog: number, handle: TopicTailHandler): TopicTail =>
    new TopicTail({ reader, topic, backlog, handle, logger })
  const vectors = decoded(codecs.of(featuresTopic), logger, (vector) => view.addVector(vector))
  const predictions = decoded(
    codecs.of(predictionsTopic),
    logger,
    (prediction, { partition, offset }) => view.addPrediction(prediction, { partition, offset }),
  )
  const outcomes = decoded(codecs.of(outcomesTopic), logger, (outcome, { partition, offset }) =>
    errors.add(outcome, { partition, offset }),
  )
  const articles = decoded(codecs.of(sentimentTopic), logger, (scored, { partition, offset }) => {
    view.addArticle(scored)
    if (offset < (tails.get('sentiment')?.endAtStart(partition) ?? 0)) return
    metrics.articlesScored.inc({ model: scored.model, sha256: scored.modelSha256 })
  })
  const tails = new Map<string, TopicTail>([
    ['candles', tail(candlesTopic.name, BACKLOG_NONE, count)],
    ['features', tail(featuresTopic.name, BACKLOG_VECTORS, vectors)],
    ['predictions', tail(predictionsTopic.name, BACKLOG_PREDICTIONS, predictions)],
    ['outcomes', tail(outcomesTopic.name, BACKLOG_OUTCOMES, outcomes)],
    ['news', tail(newsTopic.name, BACKLOG_NONE, count)],
    ['sentiment', tail(sentimentTopic.name, BACKLOG_ARTICLES, articles)],
    ['dead letters', tail(deadLettersTopic.name, BACKLOG_NONE, count)],
  ])
  return {
    tails,
    async start() {
      for (const each of tails.values()) await each.start()
    },
    async stop() {
      await Promise.all([...tails.values()].map((each) => each.stop()))
    },
  }
}

type TopicTailHandler = ConstructorParameters<typeof TopicTail>[0]['handle']

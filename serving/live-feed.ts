/** Follows the topics that the page and the streams show, from a bounded way before their ends. */
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import type { RawRecord } from '../streams/partition-reader.ts'
import {
  alertsTopic,
  candlesTopic,
  deadLettersTopic,
  featuresTopic,
  newsTopic,
  outcomesTopic,
  predictionsTopic,
  sentimentTopic,
  type Topic,
} from '../streams/topics.ts'
import type { ErrorBook } from './live/error-book.ts'
import type { MarketView } from './live/market-view.ts'
import { ARTICLES_MAX } from './live/recent-articles.ts'
import type { StreamHub } from './live/stream-hub.ts'
import { decoded, TopicTail, type Reader } from './live/topic-tail.ts'
import type { ServingMetrics } from './metrics.ts'
import type { FollowedVectors } from './stores/followed-vectors.ts'
import { sourceIndexOf } from './streaming/stream-source.ts'

/** Enough for the charts and for the outcomes of what they show, of the few instruments of a partition. */
const BACKLOG_VECTORS = 2_000
const BACKLOG_PREDICTIONS = 8_000
/** What the intervals of a dozen versions of one instrument are made from. */
const BACKLOG_OUTCOMES = 24_000
const BACKLOG_ARTICLES = ARTICLES_MAX
/** The chart of a handful of instruments. */
const BACKLOG_CANDLES = 2_000
/** These are only counted, or streamed. */
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
  readonly hub: Pick<StreamHub, 'begin' | 'record' | 'gap'>
  readonly errors: ErrorBook
  readonly vectors: Pick<FollowedVectors, 'add'>
  readonly metrics: Pick<ServingMetrics, 'articlesScored'>
  readonly logger: Logger
}

export function liveFeed(options: FeedOptions): LiveFeed {
  const { reader, codecs, view, errors, vectors, metrics, logger } = options
  const tail = (topic: string, backlog: number, handle: TopicTailHandler): TopicTail =>
    new TopicTail({ reader, topic, backlog, handle, logger })
  const count = (): void => {
    view.changes += 1
  }
  const articles = decoded(codecs.of(sentimentTopic), logger, (scored, { partition, offset }) => {
    view.addArticle(scored)
    if (offset < (tails.get('sentiment')?.endAtStart(partition) ?? 0)) return
    metrics.articlesScored.inc({ model: scored.model, sha256: scored.modelSha256 })
  })
  const tails = new Map<string, TopicTail>([
    [
      'candles',
      streamedTail(options, candlesTopic, BACKLOG_CANDLES, (candle) => view.addCandle(candle)),
    ],
    [
      'features',
      streamedTail(options, featuresTopic, BACKLOG_VECTORS, (vector, { offset }) => {
        view.addVector(vector)
        vectors.add(vector, offset)
      }),
    ],
    [
      'predictions',
      streamedTail(options, predictionsTopic, BACKLOG_PREDICTIONS, (prediction, place) =>
        view.addPrediction(prediction, place),
      ),
    ],
    [
      'outcomes',
      streamedTail(options, outcomesTopic, BACKLOG_OUTCOMES, (outcome, place) =>
        errors.add(outcome, place),
      ),
    ],
    ['news', tail(newsTopic.name, BACKLOG_NONE, count)],
    ['sentiment', tail(sentimentTopic.name, BACKLOG_ARTICLES, articles)],
    ['dead letters', tail(deadLettersTopic.name, BACKLOG_NONE, count)],
  ])
  const alerts = streamedTail(options, alertsTopic, BACKLOG_NONE, () => undefined)
  const all = [...tails.values(), alerts]
  return {
    tails,
    async start() {
      for (const each of all) await each.start()
    },
    async stop() {
      await Promise.all(all.map((each) => each.stop()))
    },
  }
}

/** A topic whose records go to the streams as well. */
function streamedTail<Value>(
  { reader, codecs, hub, logger }: FeedOptions,
  topic: Topic<Value>,
  backlog: number,
  handle: (value: Value, place: { partition: number; offset: number }) => void,
): TopicTail {
  const source = sourceIndexOf(topic.name)
  return new TopicTail({
    reader,
    topic: topic.name,
    backlog,
    logger,
    handle: decoded(codecs.of(topic), logger, (value, { partition, offset, value: bytes }) => {
      handle(value, { partition, offset })
      hub.record(source, { partition, offset, bytes: sizeOf(bytes) }, value)
    }),
    onBegin: (partition, offset) => hub.begin(source, partition, offset),
    onGap: (partition, from, to) => hub.gap(source, partition, from, to),
  })
}

const sizeOf = (bytes: RawRecord['value']): number => bytes?.length ?? 0

type TopicTailHandler = ConstructorParameters<typeof TopicTail>[0]['handle']

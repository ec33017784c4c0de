/**
 * The features processor: candles in, one vector per bar of the gap-filled grid out. Scored articles
 * are its side input: a vector counts those that were available at its event time and known by then.
 *
 * What becomes of a candle stands in candle-intake.ts; whatever it is, what was published stays.
 */
import type { Candle, Sentiment } from '../../schemas/generated.ts'
import {
  candlesTopic,
  featuresStateTopic,
  featuresTopic,
  sentimentTopic,
} from '../../streams/topics.ts'
import type { Instruments } from '../instruments/instruments.ts'
import type { Processor, SideInput } from '../runtime/processor.ts'
import { noArticles, takeArticle } from './article-window.ts'
import { CandleIntake, emptyIntake, type IntakeState } from './candle-intake.ts'
import { checkSettings } from './check-settings.ts'
import { EVERYTHING, featureSet, type FeatureSet } from './feature-sets.ts'
import { MarketFeatures } from './market-features.ts'
import { hasNews, vectorWriter, type VectorState, type VectorWriter } from './vector-writer.ts'

/** The set that `features.v1` carries. */
export const STREAM_FEATURE_SET = EVERYTHING.name

/** Some 10,000 headlines a partition that are ahead of the candles; see docs/adr/0017. */
const ARTICLE_BYTES_MAX = 6 * 1024 * 1024

export interface FeaturesState extends IntakeState, VectorState {}

/**
 * @param writerOf what is made of every vector; unset: a record of `features.v1`.
 * @throws CandlewireError CONFIG_INVALID for an unknown zone or a bad session start.
 */
export function featuresProcessor(
  instruments: Instruments,
  set: FeatureSet = featureSet(STREAM_FEATURE_SET),
  writerOf: (engine: MarketFeatures) => VectorWriter = vectorWriter,
): Processor<Candle, FeaturesState> {
  const engine = new MarketFeatures(set)
  const intake = new CandleIntake(instruments)
  const publish = writerOf(engine)

  return {
    name: 'features',
    // Raise it when the layout of the memory or its meaning changes (features-processor.test.ts notices the layout).
    stateVersion: 5,
    input: candlesTopic,
    stateTopic: featuresStateTopic,
    chainedTopic: featuresTopic,
    keyOf: (candle) => candle.instrument,
    initial: () => ({ ...emptyIntake(), memory: new Float64Array(0), articles: noArticles() }),
    refuse: (record) => intake.refuse(record),
    step(state, record) {
      if (state.memory.length === 0) state.memory = engine.initialMemory()
      return intake.take(state, record, (bar, cause, fromOffset) =>
        publish(state, bar, cause, fromOffset),
      )
    },
    checkRestored: (instrument, state) => checkSettings(instruments, instrument, state),
    countsOf: ({ counts }) => ({ ...counts }),
    ...(hasNews(set.features) ? { sideInput: ARTICLES } : {}),
  }
}

/** Scored articles, looked up beside the candles. */
const ARTICLES: SideInput<Sentiment, FeaturesState> = {
  topic: sentimentTopic,
  keyOf: (sentiment) => sentiment.instrument,
  take: ({ articles }, { offset, value }) => takeArticle(articles, offset, value),
  heldBytes: ({ articles }) => articles.heldBytes,
  heldBytesMax: ARTICLE_BYTES_MAX,
}

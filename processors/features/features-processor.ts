/**
 * The features processor: candles in, one vector per bar of the gap-filled grid out. Scored articles
 * are its side input: a vector counts those that were available at its event time and known by then.
 *
 * A candle yields the bars that fill the gap before it and then its own. Repeated candles are ignored;
 * invalid, late and revised ones go to `dead-letters.v1`; none of them changes what was published.
 */
import type { Candle, Sentiment } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { validateCandle } from '../../streams/candle-validation.ts'
import { candlesTopic, featuresStateTopic, sentimentTopic } from '../../streams/topics.ts'
import type { Incoming, Outgoing, Processor, SideInput } from '../runtime/processor.ts'
import { noArticles, takeArticle } from './article-window.ts'
import { Bar } from './bar.ts'
import { EVERYTHING, featureSet, type FeatureSet } from './feature-sets.ts'
import { MarketFeatures } from './market-features.ts'
import { emptyGrid, MinuteGrid, place, type GridState } from './minute-grid.ts'
import { refusedCandle } from './refused-candle.ts'
import { SessionClock } from './session-clock.ts'
import { hasNews, vectorWriter, type VectorState, type VectorWriter } from './vector-writer.ts'

/** The set that `features.v1` carries. */
export const STREAM_FEATURE_SET = EVERYTHING.name

/** Some 10,000 headlines a partition that are ahead of the candles; see docs/adr/0017. */
const ARTICLE_BYTES_MAX = 6 * 1024 * 1024

export interface FeaturesState extends VectorState {
  readonly grid: GridState
}

export type FeaturesSettings = Pick<Config, 'maxFillMinutes' | 'sessionZone' | 'sessionStart'>

/**
 * @param writerOf what is made of every vector; unset: a record of `features.v1`.
 * @throws CandlewireError CONFIG_INVALID for an unknown zone or a bad session start.
 */
export function featuresProcessor(
  settings: FeaturesSettings,
  set: FeatureSet = featureSet(STREAM_FEATURE_SET),
  writerOf: (engine: MarketFeatures) => VectorWriter = vectorWriter,
): Processor<Candle, FeaturesState> {
  const engine = new MarketFeatures(set)
  const sessions = new SessionClock(settings.sessionZone, settings.sessionStart)
  const grid = new MinuteGrid(settings.maxFillMinutes, sessions)
  const publish = writerOf(engine)
  const bar = new Bar()

  function step(vectors: FeaturesState, record: Incoming<Candle>): readonly Outgoing[] {
    const state = vectors.grid
    const candle = record.value
    const fault = validateCandle(candle)
    if (fault !== undefined) return [refusedCandle(record, 'CANDLE_INVALID', fault)]
    const placement = place(state, candle)
    if (placement.kind === 'duplicate') {
      state.duplicates += 1
      return []
    }
    if (placement.kind === 'late') {
      const why =
        placement.known === undefined
          ? 'its minute has passed'
          : 'it revises a candle that was processed'
      return [refusedCandle(record, 'CANDLE_LATE', why, placement.known)]
    }
    const outputs: Outgoing[] = []
    const fills = grid.fillsBefore(state, candle)
    for (let i = 0; i < fills; i++) {
      grid.fill(state, i, bar)
      outputs.push(publish(vectors, bar, record))
    }
    grid.take(state, candle, bar)
    outputs.push(publish(vectors, bar, record))
    return outputs
  }

  return {
    name: 'features',
    // Raise it when the layout of the memory or its meaning changes (features-processor.test.ts notices the layout).
    stateVersion: 3,
    input: candlesTopic,
    stateTopic: featuresStateTopic,
    keyOf: (candle) => candle.instrument,
    initial: () => ({
      grid: emptyGrid(),
      memory: engine.initialMemory(),
      articles: noArticles(),
    }),
    step,
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

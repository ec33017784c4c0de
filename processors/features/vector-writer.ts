/** Feeds bars to the engine, adds the news of the hour, and makes records of `features.v1` of it. */
import type { Candle, FeatureValues, Features, Lineage } from '../../schemas/generated.ts'
import { CANDLE_MS, featuresTopic, sentimentTopic } from '../../streams/topics.ts'
import { AUTOREGRESSIVE_ORDER } from '../models/input-columns.ts'
import { out, type Incoming, type Outgoing } from '../runtime/processor.ts'
import { newsValues, passArticles, type ArticleWindow, type NewsValues } from './article-window.ts'
import type { Bar } from './bar.ts'
import { EVERYTHING, referenceTo } from './feature-sets.ts'
import type { MarketFeatures } from './market-features.ts'
import { NEWS_FEATURES } from './news-features.ts'

type Values = Record<string, number | string | null>

/** What a vector is made from, beside the bar. */
export interface VectorState {
  /** State of the engine; see market-features.ts. Empty before the first bar. */
  memory: Float64Array
  readonly articles: ArticleWindow
}

/**
 * Moves the state on by a bar.
 *
 * @param record the candle that brought the bar about. @param fromOffset of the oldest candle in it.
 */
export type VectorWriter = (
  state: VectorState,
  bar: Bar,
  record: Incoming<Candle>,
  fromOffset: number,
) => Outgoing

const NEWS_NAMES: ReadonlySet<string> = new Set(NEWS_FEATURES.map(({ name }) => name))

/** Whether vectors of a set need articles. */
export const hasNews = (features: readonly string[]): boolean =>
  features.some((feature) => NEWS_NAMES.has(feature))

/** A vector as numbers: those of the market, NaN for null, and the news where the set has them. */
export interface ComputedVector {
  /** In the order of the engine's features; filled again for the next bar. */
  readonly market: Float64Array
  news: NewsValues | undefined
}

/** Moves the state on by a bar and fills `vector`. */
export type VectorComputation = (state: VectorState, bar: Bar, vector: ComputedVector) => void

/** What every vector is computed by, whatever is made of it then. */
export function vectorComputation(engine: MarketFeatures): VectorComputation {
  const withNews = hasNews(engine.set.features)
  return ({ memory, articles }, bar, vector) => {
    engine.update(memory, bar, vector.market)
    if (!withNews) return
    const eventTimeMs = bar.openTimeMs + CANDLE_MS
    vector.news = newsValues(articles, eventTimeMs)
    passArticles(articles, eventTimeMs)
  }
}

export const blankVector = (engine: MarketFeatures): ComputedVector => ({
  market: new Float64Array(engine.features.length),
  news: undefined,
})

/** Makes a record of `features.v1` of every vector. */
export function vectorWriter(engine: MarketFeatures): VectorWriter {
  const { features, set } = engine
  const compute = vectorComputation(engine)
  const vector = blankVector(engine)
  const returns = new Float64Array(AUTOREGRESSIVE_ORDER)
  const reference = referenceTo(set)
  // A copy of an object that has every field is several times faster than adding fields one by one.
  const blank: Values = Object.fromEntries(EVERYTHING.features.map((feature) => [feature, null]))

  return (state, bar, record, fromOffset) => {
    const eventTimeMs = bar.openTimeMs + CANDLE_MS
    compute(state, bar, vector)
    engine.recentReturns(state.memory, returns)
    const values = { ...blank }
    for (let i = 0; i < features.length; i++) {
      const feature = vector.market[i]!
      if (!Number.isNaN(feature)) values[features[i]!] = feature
    }
    if (vector.news !== undefined) Object.assign(values, vector.news)
    return out<Features>(featuresTopic, {
      instrument: record.value.instrument,
      openTimeMs: bar.openTimeMs,
      eventTimeMs,
      close: bar.close,
      ...reference,
      recentReturns: Array.from(returns, (value) => (Number.isFinite(value) ? value : null)),
      values: values as unknown as FeatureValues,
      lineage: lineageOf(record, fromOffset),
    })
  }
}

/** The candle, and how far sentiment was known: a replay takes no article behind that. */
export function lineageOf(
  {
    topic,
    partition,
    offset,
    sideNextOffset,
  }: Pick<Incoming<Candle>, 'topic' | 'partition' | 'offset' | 'sideNextOffset'>,
  fromOffset: number,
): Lineage[] {
  const candle = { topic, partition, fromOffset, toOffset: offset }
  if (sideNextOffset === undefined || sideNextOffset === 0) return [candle]
  const last = sideNextOffset - 1
  return [candle, { topic: sentimentTopic.name, partition, fromOffset: last, toOffset: last }]
}

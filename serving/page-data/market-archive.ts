/** Candles, predictions with their outcomes, and news of a span, as ClickHouse has them. */
import type { GuardedStore } from './guarded-store.ts'
import { BARS_MAX, stepOf, type Span } from './span.ts'

/** `[openTimeMs, open, high, low, close, volume]` of a step; prices as quoted. */
export type Bar = readonly [number, number, number, number, number, number | null]

/** The newest prediction about a step. Prices as quoted, returns in percent. */
export interface PastPrediction {
  readonly eventTimeMs: number
  readonly targetTimeMs: number
  readonly modelVersion: string
  readonly role: string
  readonly referenceClose: number
  readonly predictedReturn: number
  readonly intervalLow: number | null
  readonly intervalHigh: number | null
  readonly signalStrength: number | null
  readonly realizedReturn: number | null
}

/** News features of the last vector of a step. */
export interface NewsStep {
  readonly timeMs: number
  readonly articles: number
  readonly sentiment: number
  readonly signalStrength: number
}

export interface PastArticle {
  readonly title: string
  readonly source: string
  readonly url: string | null
  readonly availableAtMs: number
  readonly score: number
  readonly confidence: number
}

export interface MarketSpan {
  readonly stepMs: number
  readonly bars: readonly Bar[]
  readonly predictions: readonly PastPrediction[]
}

export interface NewsSpan {
  readonly stepMs: number
  readonly steps: readonly NewsStep[]
  /** Newest first. */
  readonly articles: readonly PastArticle[]
}

export interface MarketQuery extends Span {
  readonly instrument: string
  readonly modelName: string
}

const SPAN = `BETWEEN fromUnixTimestamp64Milli({fromMs:Int64} + 1) AND fromUnixTimestamp64Milli({toMs:Int64})`
/** Start of the step that a time lies in. */
const step = (time: string): string =>
  `intDiv(toUnixTimestamp64Milli(${time}), {stepMs:Int64}) * {stepMs:Int64}`

const BARS_SQL = `
  SELECT ${step('open_time')} AS at, argMin(open, open_time) AS o, max(high) AS h, min(low) AS l,
    argMax(close, open_time) AS c, sum(volume) AS v
  FROM candles FINAL WHERE instrument = {instrument:String} AND open_time ${SPAN}
  GROUP BY at ORDER BY at LIMIT {most:UInt32}`

const PREDICTIONS_SQL = `
  SELECT p.eventTimeMs AS eventTimeMs, p.targetTimeMs AS targetTimeMs, p.modelVersion AS modelVersion,
    p.role AS role, p.referenceClose AS referenceClose, p.predictedReturn AS predictedReturn,
    p.intervalLow AS intervalLow, p.intervalHigh AS intervalHigh, p.signalStrength AS signalStrength,
    o.realized AS realizedReturn
  FROM (
    SELECT open_time, toUnixTimestamp64Milli(event_time) AS eventTimeMs,
      toUnixTimestamp64Milli(target_time) AS targetTimeMs, model_version AS modelVersion, role,
      reference_close AS referenceClose, predicted_return AS predictedReturn,
      interval_low AS intervalLow, interval_high AS intervalHigh, signal_strength AS signalStrength
    FROM predictions FINAL
    WHERE instrument = {instrument:String} AND model_name = {modelName:String} AND is_answer
      AND target_time ${SPAN}
    ORDER BY target_time DESC LIMIT 1 BY ${step('target_time')} LIMIT {most:UInt32}
  ) AS p
  LEFT JOIN (
    SELECT open_time, model_version, realized_return AS realized FROM outcomes FINAL
    WHERE instrument = {instrument:String} AND model_name = {modelName:String} AND target_time ${SPAN}
  ) AS o ON p.open_time = o.open_time AND p.modelVersion = o.model_version
  ORDER BY targetTimeMs
  SETTINGS join_use_nulls = 1`

const NEWS_STEPS_SQL = `
  SELECT ${step('event_time')} AS timeMs, argMax(article_count, event_time) AS articles,
    argMax(avg_sentiment, event_time) AS sentiment,
    argMax(signal_strength, event_time) AS signalStrength
  FROM features FINAL WHERE instrument = {instrument:String} AND event_time ${SPAN}
  GROUP BY timeMs ORDER BY timeMs LIMIT {most:UInt32}`

const ARTICLES_SQL = `
  SELECT title, source, url, toUnixTimestamp64Milli(available_at) AS availableAtMs, score, confidence
  FROM sentiment FINAL WHERE instrument = {instrument:String} AND available_at ${SPAN}
  ORDER BY available_at DESC LIMIT {most:UInt32}`

const DAYS_SQL = `
  SELECT toString(toDate(open_time)) AS day, count() AS candles
  FROM candles FINAL WHERE instrument = {instrument:String} AND open_time <= fromUnixTimestamp64Milli({toMs:Int64})
  GROUP BY day ORDER BY day DESC LIMIT {most:UInt32}`

const INSTRUMENTS_SQL = `
  SELECT DISTINCT instrument FROM candles ORDER BY instrument LIMIT {most:UInt32}`

const ARTICLES_MAX = 60
/** Ten years of trading days. */
export const DAYS_MAX = 2_600
const INSTRUMENTS_MAX = 500

/** Every method @throws CandlewireError STORE_FAILED, OVERLOADED */
export class MarketArchive {
  private readonly store: GuardedStore

  constructor(store: GuardedStore) {
    this.store = store
  }

  async market(query: MarketQuery): Promise<MarketSpan> {
    const stepMs = stepOf(query)
    const parameters = { ...query, stepMs, most: BARS_MAX }
    const [bars, predictions] = await Promise.all([
      this.store.query<{ at: number; o: number; h: number; l: number; c: number; v: number }>(
        BARS_SQL,
        parameters,
      ),
      this.store.query<PastPrediction>(PREDICTIONS_SQL, parameters),
    ])
    return {
      stepMs,
      bars: bars.map(({ at, o, h, l, c, v }): Bar => [at, o, h, l, c, v]),
      predictions,
    }
  }

  async news(query: Span & { readonly instrument: string }): Promise<NewsSpan> {
    const stepMs = stepOf(query)
    const [steps, articles] = await Promise.all([
      this.store.query<NewsStep>(NEWS_STEPS_SQL, { ...query, stepMs, most: BARS_MAX }),
      this.store.query<PastArticle>(ARTICLES_SQL, { ...query, most: ARTICLES_MAX }),
    ])
    return { stepMs, steps, articles }
  }

  /** Days that have candles, the newest first. */
  days(instrument: string, toMs: number): Promise<{ day: string; candles: number }[]> {
    return this.store.query(DAYS_SQL, { instrument, toMs, most: DAYS_MAX })
  }

  async instruments(): Promise<string[]> {
    const rows = await this.store.query<{ instrument: string }>(INSTRUMENTS_SQL, {
      most: INSTRUMENTS_MAX,
    })
    return rows.map(({ instrument }) => instrument)
  }
}

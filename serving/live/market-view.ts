/**
 * The market as this server has seen it: what the page, the streams and the history endpoint show.
 * Filled by following committed records, so nothing is shown that could still be undone.
 */
import type { Candle, Features, Prediction, Sentiment } from '../../schemas/generated.ts'
import { CandleBoard } from './candle-board.ts'
import { InstrumentView, type FollowedPrediction } from './instrument-view.ts'
import { LiveQuality } from './live-quality.ts'
import { RecentArticles, type RecentArticle } from './recent-articles.ts'

/** Instruments kept; the one longest without a vector is forgotten. */
const INSTRUMENTS_MAX = 64

export class MarketView {
  readonly quality = new LiveQuality()
  readonly candles = new CandleBoard()
  /** Raised with every change, so that a reader can tell whether there is something new. */
  changes = 0
  newestEventTimeMs = 0
  private readonly byInstrument = new Map<string, InstrumentView>()
  private readonly articles = new RecentArticles()

  addCandle(candle: Candle): void {
    this.changes += 1
    this.candles.add(candle)
  }

  addVector(vector: Pick<Features, 'instrument' | 'eventTimeMs' | 'close'>): void {
    const { instrument, eventTimeMs } = vector
    this.changes += 1
    this.newestEventTimeMs = Math.max(this.newestEventTimeMs, eventTimeMs)
    const decided = this.viewOf(instrument).addVector(vector)
    this.report(decided)
  }

  addPrediction(prediction: Prediction, position: { partition: number; offset: number }): void {
    this.changes += 1
    const followed: FollowedPrediction = {
      prediction,
      ...position,
      status: 'waiting',
      realizedReturn: null,
    }
    const decided = this.viewOf(prediction.instrument).addPrediction(followed)
    this.report(decided)
  }

  addArticle(scored: Sentiment): void {
    this.changes += 1
    this.articles.add(scored)
  }

  /** Availability of the newest scored article; 0 without one. */
  get newestArticleMs(): number {
    return this.articles.newestMs
  }

  get instruments(): string[] {
    return [...this.byInstrument.keys()].sort()
  }

  /** The one with the newest bar. */
  get busiest(): string | undefined {
    return [...this.byInstrument.keys()].at(-1)
  }

  instrument(name: string): InstrumentView | undefined {
    return this.byInstrument.get(name)
  }

  /** Newest first, of one instrument or of all. */
  predictions(
    instrument: string | undefined,
    limit: number,
    modelName?: string,
  ): FollowedPrediction[] {
    if (instrument !== undefined)
      return this.byInstrument.get(instrument)?.newestPredictions(limit, modelName) ?? []
    const all = [...this.byInstrument.values()].flatMap((view) =>
      view.newestPredictions(limit, modelName),
    )
    return all.sort((a, b) => b.prediction.eventTimeMs - a.prediction.eventTimeMs).slice(0, limit)
  }

  /** Those that were available at a time, newest first. */
  newsUntil(untilMs: number, limit: number): readonly RecentArticle[] {
    return this.articles.newest(untilMs, limit)
  }

  private report(decided: readonly FollowedPrediction[]): void {
    for (const { prediction, realizedReturn, status } of decided) {
      if (realizedReturn === null || status !== 'realized') continue
      this.quality.add(prediction, realizedReturn)
    }
  }

  private viewOf(instrument: string): InstrumentView {
    const view = this.byInstrument.get(instrument) ?? new InstrumentView()
    this.byInstrument.delete(instrument)
    this.byInstrument.set(instrument, view)
    const [oldest] = this.byInstrument.keys()
    if (this.byInstrument.size > INSTRUMENTS_MAX && oldest !== undefined)
      this.byInstrument.delete(oldest)
    return view
  }
}

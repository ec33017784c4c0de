/**
 * Simulated candles and news in the order of the times at which they are known, news first, with the
 * digest of everything so far: what a cursor needs to be continued by the same market only.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Candle, News, SourceCursor } from '../../schemas/generated.ts'
import { CandlewireError } from '../errors.ts'
import { simulateCandles, simulateNews, type Simulation } from '../sources/simulator.ts'
import { candlesTopic } from '../topics.ts'

/** All runs together. */
export interface MarketCounts {
  readonly candles: number
  readonly news: number
  /** Newest event time, Unix ms; 0 before the first event. */
  readonly lastEventTimeMs: number
}

type MarketEvent =
  | { readonly kind: 'candle'; readonly candle: Candle }
  | { readonly kind: 'news'; readonly news: News }

export class MarketEventLog {
  private readonly candleFlow: Generator<Candle, never>
  private readonly newsFlow: Generator<News, never>
  private nextCandle: Candle
  private nextNews: News
  private readonly digest: Hash = createHash('sha256')
  private candles = 0
  private news = 0
  private lastEventTimeMs = 0

  constructor(simulation: Simulation) {
    this.candleFlow = simulateCandles(simulation)
    this.newsFlow = simulateNews(simulation)
    this.nextCandle = this.candleFlow.next().value
    this.nextNews = this.newsFlow.next().value
  }

  counts(): MarketCounts {
    return { candles: this.candles, news: this.news, lastEventTimeMs: this.lastEventTimeMs }
  }

  next(): MarketEvent {
    const { nextCandle: candle, nextNews: news } = this
    const closeTimeMs = candlesTopic.eventTimeMsOf(candle)
    if (news.availableAtMs <= closeTimeMs) {
      this.nextNews = this.newsFlow.next().value
      this.news += 1
      this.lastEventTimeMs = news.availableAtMs
      this.digest.update(`${news.articleId}\n`)
      return { kind: 'news', news }
    }
    this.nextCandle = this.candleFlow.next().value
    this.candles += 1
    this.lastEventTimeMs = closeTimeMs
    const { open, high, low, close, volume } = candle
    this.digest.update(`${closeTimeMs},${open},${high},${low},${close},${volume}\n`)
    return { kind: 'candle', candle }
  }

  cursor(sourceId: string): SourceCursor {
    return {
      sourceId,
      eventTimeMs: this.lastEventTimeMs,
      bytesRead: 0,
      linesRead: this.candles + this.news,
      prefixSha256: this.digest.copy().digest('hex'),
      produced: this.candles + this.news,
      deadLettered: 0,
      polling: null,
    }
  }

  /** Some 60,000 candles a second; lets other work of the process run in between. */
  async replayTo(cursor: SourceCursor): Promise<void> {
    for (let count = 1; count <= cursor.linesRead; count += 1) {
      this.next()
      if (count % 5_000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    if (this.cursor(cursor.sourceId).prefixSha256 === cursor.prefixSha256) return
    throw new CandlewireError(
      'REQUEST_INVALID',
      `${cursor.sourceId} was begun by another version of the simulator; set another INSTRUMENT, or start with an empty data directory`,
    )
  }
}

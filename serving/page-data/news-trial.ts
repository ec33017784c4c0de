/**
 * Tries a headline out: its score, what the news features of the newest vector would be with it, and
 * what the model would say then. Nothing is published. The features are made by the code that makes
 * the real ones, from the articles of the hour as ClickHouse has them.
 */
import {
  newsValues,
  noArticles,
  takeArticle,
  type NewsValues,
} from '../../processors/features/article-window.ts'
import { NEWS_WINDOW_MINUTES } from '../../processors/features/news-features.ts'
import { scorableText } from '../../processors/sentiment/scorable-text.ts'
import type { SentimentModel } from '../../processors/sentiment/sentiment-model.ts'
import type { Features, FeatureValues, Sentiment } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { ModelFleet } from '../models/model-fleet.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import { answeringModel } from '../models/answering-model.ts'
import type { GuardedStore } from './guarded-store.ts'

/** One score by the model that runs beside the pipeline, loaded at its first use. */
export type OpenSentiment = () => Promise<SentimentModel>

/** Where the newest vector of an instrument is. */
export interface NewestVectors {
  newestVector(
    instrument: string,
  ): Promise<{ readonly vector: Features; readonly eventTimeMs: number } | undefined>
}

/** Who answers by default. */
export interface TrialModels {
  readonly fleet: ModelFleet
  readonly defaultModel: string
}

export interface TrialScore {
  readonly model: string
  readonly positive: number
  readonly negative: number
  readonly neutral: number
  readonly score: number
}

export interface NewsTrial {
  readonly sentiment: TrialScore
  readonly instrument: string
  /** Of the vector that the article is put in front of, ms; null: the instrument has none. */
  readonly eventTimeMs: number | null
  /** Articles of its hour that are known. */
  readonly articlesBefore: number
  /** Whether the articles that are stored give the features of the vector again. */
  readonly isExact: boolean
  readonly features: readonly {
    readonly name: string
    readonly before: number | null
    readonly after: number | null
  }[]
  /** Null where no model answers, or there is no vector. */
  readonly prediction: {
    readonly modelName: string
    readonly modelVersion: string
    readonly role: string
    readonly before: number
    readonly after: number
    readonly objective: string
    /** Inputs of the model that news move: with 0 the answer cannot change. */
    readonly newsInputs: number
  } | null
  /** Why there is no prediction; null if there is one. */
  readonly without: string | null
}

const WINDOW_MS = NEWS_WINDOW_MINUTES * 60_000
const ARTICLES_MAX = 500
/** Beyond any offset of the topic: it comes last in its moment. */
const TRIAL_OFFSET = Number.MAX_SAFE_INTEGER

const ARTICLES_SQL = `
  SELECT article_id AS articleId, toUnixTimestamp64Milli(available_at) AS availableAtMs, positive, negative,
    neutral, score, confidence, title, source, source_offset AS offset
  FROM sentiment FINAL
  WHERE instrument = {instrument:String}
    AND available_at > fromUnixTimestamp64Milli({fromMs:Int64}) AND available_at <= fromUnixTimestamp64Milli({toMs:Int64})
  ORDER BY available_at, source_offset LIMIT {most:UInt32}`

/** What a number can show of a change. */
const SHOWN = [
  'avg_sentiment',
  'quality_score',
  'article_count',
  'signal_strength',
  'trading_signal',
  'positive_prob',
  'negative_prob',
  'neutral_prob',
] as const satisfies readonly (keyof NewsValues)[]

export class NewsTrials {
  private readonly store: GuardedStore
  private readonly online: NewestVectors
  private readonly models: TrialModels
  private readonly openSentiment: OpenSentiment | undefined
  private opened: Promise<SentimentModel> | undefined

  constructor(options: {
    readonly store: GuardedStore
    readonly online: NewestVectors
    readonly models: TrialModels
    readonly openSentiment?: OpenSentiment | undefined
  }) {
    this.store = options.store
    this.online = options.online
    this.models = options.models
    this.openSentiment = options.openSentiment
  }

  /** @throws CandlewireError SERVICE_NOT_READY, REQUEST_INVALID, OVERLOADED, SENTIMENT_FAILED, STORE_FAILED */
  async try(headline: string, text: string, instrument: string): Promise<NewsTrial> {
    const sentiment = await this.score(text === '' ? headline : `${headline}. ${text}`)
    const stored = await this.online.newestVector(instrument)
    const nothing = {
      sentiment,
      instrument,
      eventTimeMs: null,
      articlesBefore: 0,
      isExact: false,
      features: [],
    }
    if (stored === undefined)
      return { ...nothing, prediction: null, without: `There is no vector of ${instrument} yet` }
    const { eventTimeMs, vector } = stored
    const rows = await this.store.query<Sentiment & { offset: number }>(ARTICLES_SQL, {
      instrument,
      fromMs: eventTimeMs - WINDOW_MS,
      toMs: eventTimeMs,
      most: ARTICLES_MAX,
    })
    const window = noArticles()
    for (const { offset, ...article } of rows) takeArticle(window, offset, article)
    const before = vector.values
    const again = newsValues(window, eventTimeMs)
    takeArticle(
      window,
      TRIAL_OFFSET,
      trialArticle(sentiment, { headline, instrument, eventTimeMs }),
    )
    const after = { ...before, ...newsValues(window, eventTimeMs) } as FeatureValues
    return {
      sentiment,
      instrument,
      eventTimeMs,
      articlesBefore: rows.length,
      isExact: SHOWN.every((name) => again[name] === before[name]),
      features: SHOWN.map((name) => ({
        name,
        before: before[name] ?? null,
        after: after[name] ?? null,
      })),
      ...(await this.predicted(vector.recentReturns, before, after, instrument)),
    }
  }

  async close(): Promise<void> {
    const model = await this.opened?.catch(() => undefined)
    await model?.close()
  }

  private async score(text: string): Promise<TrialScore> {
    const scorable = scorableText(text)
    if ('error' in scorable) throw new CandlewireError('REQUEST_INVALID', scorable.error)
    if (this.openSentiment === undefined)
      throw new CandlewireError(
        'SERVICE_NOT_READY',
        'This server has no sentiment model to try with',
      )
    this.opened ??= this.openSentiment()
    this.opened.catch(() => {
      this.opened = undefined
    })
    const model = await this.opened
    const [answer] = await model.score([scorable.text])
    if (answer === undefined || 'error' in answer)
      throw new CandlewireError('REQUEST_INVALID', answer?.error ?? 'The model gave no answer')
    const { positive, negative, neutral } = answer
    return { model: model.name, positive, negative, neutral, score: positive - negative }
  }

  private async predicted(
    recentReturns: readonly (number | null)[],
    before: FeatureValues,
    after: FeatureValues,
    instrument: string,
  ): Promise<Pick<NewsTrial, 'prediction' | 'without'>> {
    const { models } = this
    try {
      const { loaded, role } = answeringModel(models.fleet, {
        modelName: models.defaultModel,
        modelVersion: undefined,
        key: instrument,
      })
      const { modelName, version: modelVersion, objective, inputColumns } = loaded.version
      const write = rowWriterOf(loaded.version)
      const matrix = new Float32Array(2 * inputColumns.length)
      write({ values: before, recentReturns }, matrix, 0)
      write({ values: after, recentReturns }, matrix, 1)
      const [first = NaN, second = NaN] = await loaded.use(() => loaded.score(matrix, 2))
      const news = new Set<string>(SHOWN)
      return {
        prediction: {
          modelName,
          modelVersion,
          role,
          objective,
          before: first,
          after: second,
          newsInputs: inputColumns.filter((column) => news.has(column)).length,
        },
        without: null,
      }
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError)) throw thrown
      return { prediction: null, without: thrown.message }
    }
  }
}

function trialArticle(
  { positive, negative, neutral, score, model }: TrialScore,
  {
    headline,
    instrument,
    eventTimeMs,
  }: { headline: string; instrument: string; eventTimeMs: number },
): Sentiment {
  return {
    instrument,
    articleId: 'trial',
    availableAtMs: eventTimeMs,
    positive,
    negative,
    neutral,
    score,
    confidence: Math.max(positive, negative, neutral),
    title: headline,
    source: 'simulator',
    model,
    modelSha256: '',
    lineage: [],
    publishedAtMs: eventTimeMs,
    url: null,
  }
}

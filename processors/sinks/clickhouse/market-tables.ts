/** The tables of what comes in and what is made of it: candles, news with their sentiment, vectors, examples. */
import type {
  Candle,
  Example,
  Features,
  FeatureValues,
  News,
  NewsDuplicate,
  Sentiment,
} from '../../../schemas/generated.ts'
import {
  candlesTopic,
  examplesTopic,
  featuresTopic,
  newsDuplicatesTopic,
  newsTopic,
  sentimentTopic,
} from '../../../streams/topics.ts'
import { FEATURE_COLUMNS } from './feature-columns.ts'
import {
  mapping,
  NAME,
  OPTIONAL_DOUBLE,
  OPTIONAL_LONG,
  OPTIONAL_NAME,
  OPTIONAL_TIME,
  TIME,
} from './table-mapping.ts'

export const candles = mapping<Candle>(candlesTopic, 'candles', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, candlesTopic.eventTimeMsOf],
  open: ['Float64', (v) => v.open],
  high: ['Float64', (v) => v.high],
  low: ['Float64', (v) => v.low],
  close: ['Float64', (v) => v.close],
  volume: [OPTIONAL_DOUBLE, (v) => v.volume],
  bid_close: [OPTIONAL_DOUBLE, (v) => v.bidClose],
  ask_close: [OPTIONAL_DOUBLE, (v) => v.askClose],
  bid_size: [OPTIONAL_DOUBLE, (v) => v.bidSize],
  ask_size: [OPTIONAL_DOUBLE, (v) => v.askSize],
  source: [NAME, (v) => v.source],
  source_line: [OPTIONAL_LONG, (v) => v.sourceLine],
})

export const news = mapping<News>(newsTopic, 'news', {
  article_id: ['String', (v) => v.articleId],
  instruments: [`Array(${NAME})`, (v) => v.instruments],
  published_at: [TIME, (v) => v.publishedAtMs],
  available_at: [TIME, (v) => v.availableAtMs],
  title: ['String', (v) => v.title],
  body: ['Nullable(String)', (v) => v.body],
  source: [NAME, (v) => v.source],
  url: ['Nullable(String)', (v) => v.url],
  author: ['Nullable(String)', (v) => v.author],
  language: [OPTIONAL_NAME, (v) => v.language],
  recorded_positive: [OPTIONAL_DOUBLE, (v) => v.recordedSentiment?.positive],
  recorded_negative: [OPTIONAL_DOUBLE, (v) => v.recordedSentiment?.negative],
  recorded_neutral: [OPTIONAL_DOUBLE, (v) => v.recordedSentiment?.neutral],
  recorded_model: [OPTIONAL_NAME, (v) => v.recordedSentiment?.model],
  provenance: [NAME, (v) => v.provenance],
  source_line: [OPTIONAL_LONG, (v) => v.sourceLine],
})

export const sentiment = mapping<Sentiment>(sentimentTopic, 'sentiment', {
  instrument: [NAME, (v) => v.instrument],
  available_at: [TIME, (v) => v.availableAtMs],
  article_id: ['String', (v) => v.articleId],
  published_at: [OPTIONAL_TIME, (v) => v.publishedAtMs],
  positive: ['Float64', (v) => v.positive],
  negative: ['Float64', (v) => v.negative],
  neutral: ['Float64', (v) => v.neutral],
  score: ['Float64', (v) => v.score],
  confidence: ['Float64', (v) => v.confidence],
  title: ['String', (v) => v.title],
  source: [NAME, (v) => v.source],
  url: ['Nullable(String)', (v) => v.url],
  model: [NAME, (v) => v.model],
  model_sha256: [NAME, (v) => v.modelSha256],
  news_offset: [OPTIONAL_LONG, (v) => v.lineage[0]?.fromOffset],
})

export const newsDuplicates = mapping<NewsDuplicate>(newsDuplicatesTopic, 'news_duplicates', {
  instrument: [NAME, (v) => v.instrument],
  available_at: [TIME, (v) => v.availableAtMs],
  article_id: ['String', (v) => v.articleId],
  duplicate_of: ['String', (v) => v.duplicateOf],
  reason: [NAME, (v) => v.reason],
  title: ['String', (v) => v.title],
  source: [NAME, (v) => v.source],
  news_offset: ['Int64', (v) => v.lineage[0]?.fromOffset],
})

export const features = mapping<Features>(featuresTopic, 'features', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  close: ['Float64', (v) => v.close],
  feature_set: [NAME, (v) => v.featureSet],
  feature_set_fingerprint: [NAME, (v) => v.featureSetFingerprint],
  recent_returns: [`Array(${OPTIONAL_DOUBLE})`, (v) => v.recentReturns],
  ...Object.fromEntries(
    FEATURE_COLUMNS.map(
      ({ name, type }) =>
        [name, [type, (v: Features) => v.values[name as keyof FeatureValues]]] as const,
    ),
  ),
})

export const examples = mapping<Example>(examplesTopic, 'examples', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  close: ['Float64', (v) => v.close],
  feature_set: [NAME, (v) => v.featureSet],
  feature_set_fingerprint: [NAME, (v) => v.featureSetFingerprint],
  forward_return_30: [OPTIONAL_DOUBLE, (v) => v.forwardReturn30],
  label_time: [TIME, (v) => v.labelTimeMs],
  forward_return_60: [OPTIONAL_DOUBLE, (v) => v.forwardReturn60],
  label_60_time: [OPTIONAL_TIME, (v) => v.label60TimeMs],
})

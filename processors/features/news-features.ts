/**
 * What the newest hour of news says about an instrument: the specs of the news features.
 *
 * An article counts in a vector at event time t if it was available in (t - 60 min, t]. Its class
 * probabilities are p (positive), n (negative) and u (neutral), and its score is s = p - n.
 */
import { NEVER, type FeatureSpec } from './feature-block.ts'

/** Length of the window that ends at the vector's event time. */
export const NEWS_WINDOW_MINUTES = 60
/** A mean score beyond this, either way, is a signal. */
export const SIGNAL_THRESHOLD = 0.1

const shared = {
  version: 1,
  group: 'news',
  source: 'mean over the articles of the last 60 minutes',
  warmupBars: 1,
  nullRule: NEVER,
} as const
const share = { ...shared, unit: 'share', range: '[0, 1]' } as const

export const NEWS_FEATURES: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'avg_sentiment',
    unit: 'score',
    range: '[-1, 1]',
    definition: 'mean of s = p - n over the articles; 0 without one',
    inputs: ['positive', 'negative'],
  },
  {
    ...share,
    name: 'quality_score',
    definition: 'mean of max(p, n, u) over the articles; 0 without one',
    inputs: ['positive', 'negative', 'neutral'],
  },
  {
    ...shared,
    name: 'article_count',
    unit: 'articles',
    range: '[0, ∞)',
    definition: 'number of articles available in (t - 60 min, t], t = event time of the vector',
    source: 'count over the last 60 minutes',
    inputs: ['availableAtMs'],
  },
  {
    ...share,
    name: 'signal_strength',
    definition: '|avg_sentiment|·quality_score',
    source: 'product',
    inputs: ['avg_sentiment', 'quality_score'],
  },
  {
    ...shared,
    name: 'trading_signal',
    unit: 'sign',
    range: '{-1, 0, 1}',
    definition: '1 if avg_sentiment > 0.1, -1 if avg_sentiment < -0.1, else 0',
    source: 'threshold',
    inputs: ['avg_sentiment'],
  },
  {
    ...share,
    name: 'positive_prob',
    definition: 'mean of p over the articles; 0 without one',
    inputs: ['positive'],
  },
  {
    ...share,
    name: 'negative_prob',
    definition: 'mean of n over the articles; 0 without one',
    inputs: ['negative'],
  },
  {
    ...share,
    name: 'neutral_prob',
    definition: 'mean of u over the articles; 1 without one',
    inputs: ['neutral'],
  },
  {
    ...shared,
    name: 'signal_time',
    kind: 'time',
    unit: 'ms',
    range: '[0, ∞)',
    definition: 't, the event time of the vector',
    source: 'the gap-filled grid',
    inputs: ['openTimeMs'],
  },
  {
    ...shared,
    name: 'latest_headline',
    kind: 'text',
    unit: 'text',
    range: 'any text',
    definition: 'title of the article that became available last; of several, the later offset',
    source: 'sentiment.v1',
    nullRule: 'without an article',
    inputs: ['title', 'availableAtMs'],
  },
  {
    ...shared,
    name: 'latest_source',
    kind: 'text',
    unit: 'text',
    range: 'any text',
    definition: 'source of that article',
    source: 'sentiment.v1',
    nullRule: 'without an article',
    inputs: ['source', 'availableAtMs'],
  },
]

/**
 * Feature sets: ordered lists of feature names with a fingerprint. The order is the column order of
 * model inputs and of the offline command, so it is part of the contract.
 *
 * The largest set is everything the registry knows: it is what `features.v1` carries, and every other
 * set is a projection of it.
 */
import { createHash } from 'node:crypto'
import type { FeatureValues } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { FEATURE_SPECS, featureSpec } from './registry.ts'

const BASIC = [
  'open',
  'high',
  'low',
  'volume',
  'is_backfilled',
  'has_original_prev_30_to_60min',
  'has_original_prev_30_to_360min',
] as const
const RETURNS = [
  'return_1',
  'return_5',
  'return_10',
  'return_30',
  'return_60',
  'return_90',
  'return_120',
  'return_150',
  'return_180',
  'return_210',
  'return_240',
  'return_270',
  'return_360',
] as const
const TECHNICAL = [
  'rsi_14',
  'rsi_20',
  'macd',
  'macd_signal',
  'macd_histogram',
  'bb_middle',
  'bb_upper',
  'bb_lower',
  'bb_width',
  'bb_position',
  'sma_7',
  'sma_14',
  'sma_21',
  'sma_50',
  'ema_7',
  'ema_14',
  'ema_21',
  'atr_14',
  'adx_14',
] as const
const MOMENTUM = ['momentum_5', 'momentum_10', 'momentum_20', 'roc_5', 'roc_10'] as const
const VOLATILITY = [
  'volatility_20',
  'volatility_50',
  'hl_range',
  'hl_range_pct',
  'hl_range_ma20',
  'hist_vol_20',
  'hist_vol_50',
  'gk_vol',
  'parkinson_vol',
  'rs_vol',
  'yz_vol',
  'vol_of_vol',
  'vol_regime_low',
  'vol_regime_high',
  'realized_range',
  'realized_range_ma',
  'ewma_vol',
] as const
const MICROSTRUCTURE = [
  'spread_proxy',
  'spread_pct',
  'volume_ma20',
  'volume_ma50',
  'volume_ratio',
  'volume_zscore',
  'price_impact',
  'price_impact_ma20',
  'order_flow_imbalance',
  'illiquidity',
  'illiquidity_ma20',
  'vwap',
  'close_vwap_ratio',
  'volume_velocity',
  'volume_acceleration',
] as const

const MARKET_76 = [
  ...BASIC,
  ...RETURNS,
  ...TECHNICAL,
  ...MOMENTUM,
  ...VOLATILITY,
  ...MICROSTRUCTURE,
] as const
const EXTENDED_32 = [
  'roc_12',
  'stoch_k_14',
  'stoch_d_3',
  'sma_5',
  'sma_10',
  'sma_20',
  'ema_5',
  'ema_10',
  'ema_20',
  'ema_50',
  'log_return_1',
  'log_return_5',
  'log_return_30',
  'close_sma_20_ratio',
  'close_sma_50_ratio',
  'close_ema_20_ratio',
  'high_low_ratio',
  'close_open_ratio',
  'vol_percentile_rank',
  'bid_ask_spread',
  'effective_spread',
  'bid_ask_imbalance',
  'quoted_depth',
  'hour_of_day',
  'day_of_week',
  'session_asia',
  'session_europe',
  'session_us',
  'close_position_in_session_range',
  'rsi_14_x_volume_ratio',
  'macd_histogram_over_atr_14',
  'return_1_x_volume_zscore',
] as const
const MARKET_108 = [...MARKET_76, ...EXTENDED_32] as const
const NEWS_11 = [
  'avg_sentiment',
  'quality_score',
  'article_count',
  'signal_strength',
  'trading_signal',
  'positive_prob',
  'negative_prob',
  'neutral_prob',
  'signal_time',
  'latest_headline',
  'latest_source',
] as const
/** The news features that say something the others do not. */
const NEWS_6 = [
  'avg_sentiment',
  'signal_strength',
  'trading_signal',
  'article_count',
  'quality_score',
  'positive_prob',
] as const

/** Every feature there is: the fields of the Avro record. */
export type FeatureName = keyof FeatureValues
/** A feature that is text or a time: shown and stored, but no input of a model. */
export type DescriptiveFeatureName = 'signal_time' | 'latest_headline' | 'latest_source'
export type NumericFeatureName = Exclude<FeatureName, DescriptiveFeatureName>

export interface FeatureSet {
  readonly name: string
  readonly features: readonly FeatureName[]
  /** sha256 over the ordered `name@version` list, hex. */
  readonly fingerprint: string
}

const define = (name: string, features: readonly FeatureName[]): FeatureSet => ({
  name,
  features,
  fingerprint: createHash('sha256')
    .update(features.map((feature) => `${feature}@${featureSpec(feature).version}`).join('\n'))
    .digest('hex'),
})

const NAMED = [...MARKET_108, ...NEWS_11] as const
/** The named features, then those the registry has beyond them, in its order. */
const ALL = [...new Set<string>([...NAMED, ...FEATURE_SPECS.keys()])] as FeatureName[]

/** Every feature: what `features.v1` carries. */
export const EVERYTHING = define(`full-${ALL.length}`, ALL)

export const FEATURE_SETS: ReadonlyMap<string, FeatureSet> = new Map(
  [
    define('market-76', MARKET_76),
    define('market-108', MARKET_108),
    define('news-11', NEWS_11),
    define('full-87', [...MARKET_76, ...NEWS_11]),
    define('full-114', [...MARKET_108, ...NEWS_6]),
    define('full-119', NAMED),
    EVERYTHING,
  ].map((set) => [set.name, set]),
)

/** @throws CandlewireError NOT_FOUND with the known names. */
export function featureSet(name: string): FeatureSet {
  const found = FEATURE_SETS.get(name)
  if (found === undefined) {
    const known = [...FEATURE_SETS.keys()].join(', ')
    throw new CandlewireError('NOT_FOUND', `No feature set ${name}; known: ${known}`)
  }
  return found
}

/** The features of a set that can enter a model, in set order. */
export const numericFeatures = (set: FeatureSet): readonly NumericFeatureName[] =>
  set.features.filter((name): name is NumericFeatureName => kindOf(name) === 'number')

/** `number`, or `time` (ms since 1970, UTC), or `text`. */
export const kindOf = (name: FeatureName): 'number' | 'time' | 'text' =>
  featureSpec(name).kind ?? 'number'

/** What a record says about the set it is of. */
export interface SetReference {
  readonly featureSet: string
  readonly featureSetFingerprint: string
}

const containedIn: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...FEATURE_SETS.values()].map(({ name, features }) => {
    const has = new Set(features)
    const parts = [...FEATURE_SETS.values()].filter((part) =>
      part.features.every((feature) => has.has(feature)),
    )
    return [name, new Set(parts.map((part) => part.name))]
  }),
)

/**
 * Whether a vector has what a model of another set reads: it is of the same set, or of a larger one,
 * and both fingerprints are those of this code, so no definition differs.
 */
export function carries(vector: SetReference, wanted: SetReference): boolean {
  if (vector.featureSetFingerprint === wanted.featureSetFingerprint) return true
  const isCurrent = ({ featureSet, featureSetFingerprint }: SetReference): boolean =>
    FEATURE_SETS.get(featureSet)?.fingerprint === featureSetFingerprint
  return (
    containedIn.get(vector.featureSet)?.has(wanted.featureSet) === true &&
    isCurrent(vector) &&
    isCurrent(wanted)
  )
}

/** How records refer to a set. */
export const referenceTo = ({ name, fingerprint }: FeatureSet): SetReference => ({
  featureSet: name,
  featureSetFingerprint: fingerprint,
})

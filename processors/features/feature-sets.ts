/**
 * Feature sets: ordered lists of feature names with a fingerprint. The order is the column order of
 * model inputs and of the offline command, so it is part of the contract.
 */
import { createHash } from 'node:crypto'
import { CandlewireError } from '../../streams/errors.ts'

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

export const MARKET_76 = [
  ...BASIC,
  ...RETURNS,
  ...TECHNICAL,
  ...MOMENTUM,
  ...VOLATILITY,
  ...MICROSTRUCTURE,
] as const

export type FeatureName = (typeof MARKET_76)[number]

export interface FeatureSet {
  readonly name: string
  readonly features: readonly FeatureName[]
  /** sha256 over the ordered `name@version` list, hex. */
  readonly fingerprint: string
}

/** Version of each feature's definition; 1 where not listed. Raise it when a definition changes. */
export const FEATURE_VERSIONS: Partial<Record<FeatureName, number>> = {}

const define = (name: string, features: readonly FeatureName[]): FeatureSet => ({
  name,
  features,
  fingerprint: createHash('sha256')
    .update(features.map((feature) => `${feature}@${FEATURE_VERSIONS[feature] ?? 1}`).join('\n'))
    .digest('hex'),
})

export const FEATURE_SETS: ReadonlyMap<string, FeatureSet> = new Map(
  [define('market-76', MARKET_76)].map((set) => [set.name, set]),
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

/** How volatile the volatility is, and whether it is low or high against about the last day. */
import { PercentileRank } from '../../indicators/percentile-rank.ts'
import { Series } from '../../indicators/series.ts'
import { deviationOf } from '../../indicators/window-sums.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

/** Bars of the percentile rank: 24 hours. */
const RANK_BARS = 1440
const LOW = 0.25
const HIGH = 0.75

const shared = {
  version: 1,
  group: 'volatility',
  nullRule: NEVER,
} as const
const rank = { ...shared, source: 'percentile rank', warmupBars: 20 + RANK_BARS } as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'vol_of_vol',
    unit: 'fraction per minute',
    range: '[0, ∞)',
    definition: 'SD(volatility_20, 20)',
    source: 'sample standard deviation',
    warmupBars: 40,
    inputs: ['volatility_20'],
  },
  {
    ...rank,
    name: 'vol_percentile_rank',
    unit: 'share',
    range: '(0, 1]',
    definition:
      'share of the last 1440 non-null volatility_20, this one included, that are ≤ this one',
    inputs: ['volatility_20'],
  },
  {
    ...rank,
    name: 'vol_regime_low',
    unit: 'flag',
    range: '{0, 1}',
    definition: '1 if vol_percentile_rank < 0.25, else 0',
    inputs: ['vol_percentile_rank'],
  },
  {
    ...rank,
    name: 'vol_regime_high',
    unit: 'flag',
    range: '{0, 1}',
    definition: '1 if vol_percentile_rank > 0.75, else 0',
    inputs: ['vol_percentile_rank'],
  },
]

export const volatilityRegimeBlock: FeatureBlock = {
  name: 'volatility-regime',
  features,
  build: ({ layout, columnOf }) => {
    const at = columnOf('vol_of_vol')
    const input = columnOf('volatility_20')
    const volatilities = new Series(layout, 32)
    const ranks = new PercentileRank(layout, RANK_BARS)
    return (memory, bars, _bar, row) => {
      const volatility = row[input]!
      volatilities.push(memory, bars, volatility)
      row[at] = deviationOf(memory, volatilities.end(bars), 20)
      const share = Number.isNaN(volatility) ? NaN : ranks.update(memory, volatility)
      const known = !Number.isNaN(share)
      row[at + 1] = share
      row[at + 2] = known ? Number(share < LOW) : NaN
      row[at + 3] = known ? Number(share > HIGH) : NaN
    }
  },
}

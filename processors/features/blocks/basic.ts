/** The candle itself, and whether it and its past are real or filled. */
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'
import { lookingBack } from '../settling.ts'

const shared = {
  version: 1,
  group: 'basic',
  source: 'the candle',
  warmupBars: 1,
  nullRule: NEVER,
} as const
const price = { ...shared, unit: 'price', range: '(0, ∞)' }
const flag = { ...shared, unit: 'flag', range: '{0, 1}', source: 'the gap-filled grid' }

const features: readonly FeatureSpec[] = [
  { ...price, name: 'open', definition: 'O', inputs: ['open'] },
  { ...price, name: 'high', definition: 'H', inputs: ['high'] },
  { ...price, name: 'low', definition: 'L', inputs: ['low'] },
  {
    ...shared,
    name: 'volume',
    unit: 'volume',
    range: '[0, ∞)',
    definition: 'V',
    nullRule: 'without volume',
    inputs: ['volume'],
  },
  {
    ...flag,
    name: 'is_backfilled',
    definition: '1 for a gap-fill bar, else 0',
    inputs: ['openTimeMs'],
  },
  {
    ...flag,
    name: 'has_original_prev_30_to_60min',
    definition:
      '1 if an original candle opened in [t-60 min, t-30 min), t = open time of the bar, else 0',
    settling: lookingBack(60),
    inputs: ['openTimeMs'],
  },
  {
    ...flag,
    name: 'has_original_prev_30_to_360min',
    definition:
      '1 if an original candle opened in [t-360 min, t-30 min), t = open time of the bar, else 0',
    settling: lookingBack(360),
    inputs: ['openTimeMs'],
  },
]

export const basicBlock: FeatureBlock = {
  name: 'basic',
  features,
  build: ({ columnOf }) => {
    const at = columnOf('open')
    return (_memory, _bars, bar, row) => {
      row[at] = bar.open
      row[at + 1] = bar.high
      row[at + 2] = bar.low
      row[at + 3] = bar.volume
      row[at + 4] = bar.isBackfilled
      row[at + 5] = bar.hasOriginal30To60
      row[at + 6] = bar.hasOriginal30To360
    }
  },
}

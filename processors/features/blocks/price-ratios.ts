/** The close against its averages, and the bar against itself. */
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'
import { fadingAsEma } from '../settling.ts'

const shared = {
  version: 1,
  group: 'technical',
  unit: 'ratio',
  range: '(0, ∞)',
  source: 'ratio',
  nullRule: NEVER,
} as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'close_sma_20_ratio',
    definition: 'C/sma_20',
    warmupBars: 20,
    inputs: ['close', 'sma_20'],
  },
  {
    ...shared,
    name: 'close_sma_50_ratio',
    definition: 'C/sma_50',
    warmupBars: 50,
    inputs: ['close', 'sma_50'],
  },
  {
    ...shared,
    name: 'close_ema_20_ratio',
    definition: 'C/ema_20',
    warmupBars: 20,
    settling: fadingAsEma(20),
    inputs: ['close', 'ema_20'],
  },
  {
    ...shared,
    name: 'high_low_ratio',
    range: '[1, ∞)',
    definition: 'H/L',
    warmupBars: 1,
    inputs: ['high', 'low'],
  },
  {
    ...shared,
    name: 'close_open_ratio',
    definition: 'C/O',
    warmupBars: 1,
    inputs: ['close', 'open'],
  },
]

export const priceRatiosBlock: FeatureBlock = {
  name: 'price-ratios',
  features,
  build: ({ columnOf }) => {
    const at = columnOf('close_sma_20_ratio')
    const sma20 = columnOf('sma_20')
    const sma50 = columnOf('sma_50')
    const ema20 = columnOf('ema_20')
    return (_memory, _bars, { open, high, low, close }, row) => {
      row[at] = close / row[sma20]!
      row[at + 1] = close / row[sma50]!
      row[at + 2] = close / row[ema20]!
      row[at + 3] = high / low
      row[at + 4] = close / open
    }
  },
}

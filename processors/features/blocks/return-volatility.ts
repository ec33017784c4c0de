/** Volatility of one-minute returns over the last 20 and 50 bars. */
import { nestedDeviations } from '../../indicators/window-sums.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const shared = {
  version: 1,
  group: 'volatility',
  unit: 'fraction per minute',
  range: '[0, ∞)',
  nullRule: NEVER,
  source: 'sample standard deviation',
  inputs: ['close'],
} as const

const features: readonly FeatureSpec[] = [
  { ...shared, name: 'volatility_20', definition: 'SD(r,20)', warmupBars: 21 },
  { ...shared, name: 'volatility_50', definition: 'SD(r,50)', warmupBars: 51 },
]

export const returnVolatilityBlock: FeatureBlock = {
  name: 'return-volatility',
  features,
  build: ({ history: { returns }, columnOf }) => {
    const at = columnOf('volatility_20')
    return (memory, bars, _bar, row) => {
      nestedDeviations(memory, returns.end(bars), row, at)
    }
  },
}

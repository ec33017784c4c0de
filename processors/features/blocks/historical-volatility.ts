/** Volatility of log returns, as a fraction per year. */
import { nestedDeviations } from '../../indicators/window-sums.ts'
import { NEVER, type FeatureBlock } from '../feature-block.ts'

/** One-minute bars in 252 days of 24 hours. */
const BARS_A_YEAR = 362_880
const YEAR = Math.sqrt(BARS_A_YEAR)

export const historicalVolatilityBlock: FeatureBlock = {
  name: 'historical-volatility',
  features: [20, 50].map((n) => ({
    name: `hist_vol_${n}`,
    version: 1,
    group: 'volatility',
    unit: 'fraction per year',
    range: '[0, ∞)',
    definition: `SD(l,${n})·sqrt(362880)`,
    source: 'sample standard deviation, annualised',
    warmupBars: n + 1,
    nullRule: NEVER,
    inputs: ['close'],
  })),
  build: ({ history: { logReturns }, columnOf }) => {
    const at = columnOf('hist_vol_20')
    return (memory, bars, _bar, row) => {
      nestedDeviations(memory, logReturns.end(bars), row, at)
      row[at] = row[at]! * YEAR
      row[at + 1] = row[at + 1]! * YEAR
    }
  },
}

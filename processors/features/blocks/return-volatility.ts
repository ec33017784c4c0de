/** Volatility of one-minute returns: windowed, annualised, exponentially weighted. */
import { deviationOf } from '../../indicators/window-sums.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

/** One-minute bars in 252 days of 24 hours. */
const BARS_A_YEAR = 362_880
const YEAR = Math.sqrt(BARS_A_YEAR)

const shared = {
  version: 1,
  group: 'volatility',
  range: '[0, ∞)',
  nullRule: NEVER,
  inputs: ['close'],
} as const
const simple = { ...shared, unit: 'fraction per minute', source: 'sample standard deviation' }
const annual = {
  ...shared,
  unit: 'fraction per year',
  source: 'sample standard deviation, annualised',
}

const features: readonly FeatureSpec[] = [
  { ...simple, name: 'volatility_20', definition: 'SD(r,20)', warmupBars: 21 },
  { ...simple, name: 'volatility_50', definition: 'SD(r,50)', warmupBars: 51 },
  { ...annual, name: 'hist_vol_20', definition: 'SD(l,20)·sqrt(362880)', warmupBars: 21 },
  { ...annual, name: 'hist_vol_50', definition: 'SD(l,50)·sqrt(362880)', warmupBars: 51 },
  {
    ...shared,
    name: 'ewma_vol',
    unit: 'fraction per minute',
    definition: 'sqrt(v), v = 0.94·v[1] + 0.06·r², v starts as the first r²',
    source: 'RiskMetrics 1996',
    warmupBars: 2,
  },
]

export const returnVolatilityBlock: FeatureBlock = {
  name: 'return-volatility',
  features,
  build: ({ layout, history: { returns, logReturns }, columnOf }) => {
    const at = columnOf('volatility_20')
    const variance = layout.reserve(1)
    return (memory, bars, _bar, row) => {
      const end = returns.end(bars)
      row[at] = deviationOf(memory, end, 20)
      row[at + 1] = deviationOf(memory, end, 50)
      const logEnd = logReturns.end(bars)
      row[at + 2] = deviationOf(memory, logEnd, 20) * YEAR
      row[at + 3] = deviationOf(memory, logEnd, 50) * YEAR
      const square = memory[end]! * memory[end]!
      const before = memory[variance]!
      const now = Number.isNaN(before) ? square : 0.94 * before + 0.06 * square
      memory[variance] = now
      row[at + 4] = Math.sqrt(now)
    }
  },
}

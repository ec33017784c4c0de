/** Volatility of one-minute returns, weighted exponentially. */
import { NEVER, type FeatureBlock } from '../feature-block.ts'
import { fading } from '../settling.ts'

/** Weights of the past and of the newest return in RiskMetrics. */
const PAST = 0.94
const NEWEST = 0.06

export const weightedVolatilityBlock: FeatureBlock = {
  name: 'weighted-volatility',
  features: [
    {
      name: 'ewma_vol',
      version: 1,
      group: 'volatility',
      unit: 'fraction per minute',
      range: '[0, ∞)',
      definition: 'sqrt(v), v = 0.94·v[1] + 0.06·r², v starts as the first r²',
      source: 'RiskMetrics 1996',
      warmupBars: 2,
      // Of squares: a thousand times the usual is a million times.
      settling: fading(NEWEST, 1e-15),
      nullRule: NEVER,
      inputs: ['close'],
    },
  ],
  build: ({ layout, history: { returns }, columnOf }) => {
    const at = columnOf('ewma_vol')
    const variance = layout.reserve(1)
    return (memory, bars, _bar, row) => {
      const end = returns.end(bars)
      const square = memory[end]! * memory[end]!
      const before = memory[variance]!
      const now = Number.isNaN(before) ? square : PAST * before + NEWEST * square
      memory[variance] = now
      row[at] = Math.sqrt(now)
    }
  },
}

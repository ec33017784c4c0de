/** The spread that highs and lows betray where there are no quotes. */
import { corwinSchultzSpread } from '../../indicators/corwin-schultz.ts'
import { logRatio } from '../../indicators/log-ratio.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const shared = {
  version: 1,
  group: 'microstructure',
  source: 'Corwin & Schultz 2012',
  warmupBars: 2,
  nullRule: NEVER,
} as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'spread_proxy',
    unit: 'price',
    range: '[0, ∞)',
    definition: 'spread_pct·C',
    inputs: ['spread_pct', 'close'],
  },
  {
    ...shared,
    name: 'spread_pct',
    unit: 'fraction',
    range: '[0, 2)',
    definition:
      'max(0, 2·(e^a - 1)/(1 + e^a)), a = (sqrt(2b) - sqrt(b))/(3 - 2·sqrt2) - sqrt(g/(3 - 2·sqrt2)), b = ln(H/L)² + ln(H[1]/L[1])², g = ln(max(H,H[1])/min(L,L[1]))²',
    inputs: ['high', 'low'],
  },
]

export const spreadBlock: FeatureBlock = {
  name: 'spread',
  features,
  build: ({ history: { highs, lows, logRanges }, columnOf }) => {
    const at = columnOf('spread_proxy')
    return (memory, bars, { high, low, close }, row) => {
      const highBefore = memory[highs.end(bars) - 1]!
      const lowBefore = memory[lows.end(bars) - 1]!
      const ranges = logRanges.end(bars)
      const rangeOfBoth = logRatio(Math.max(high, highBefore), Math.min(low, lowBefore))
      const spread = corwinSchultzSpread(memory[ranges]!, memory[ranges - 1]!, rangeOfBoth)
      row[at] = spread * close
      row[at + 1] = spread
    }
  },
}

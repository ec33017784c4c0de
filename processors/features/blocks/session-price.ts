/** Volume-weighted average price since the session's first bar. */
import { CompensatedSum } from '../../indicators/compensated-sum.ts'
import { NO_VOLUME, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'
import { OF_THE_SESSION } from '../settling.ts'

const shared = {
  version: 1,
  group: 'microstructure',
  range: '(0, ∞)',
  source: 'volume-weighted average price',
  warmupBars: 1,
  settling: OF_THE_SESSION,
  nullRule: `${NO_VOLUME} on any bar of the session so far`,
} as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'vwap',
    unit: 'price',
    definition:
      "sum[(H+L+C)/3·V]/sum[V] since the session's first bar; while the session's volume is 0, the mean of (H+L+C)/3 since then",
    inputs: ['high', 'low', 'close', 'volume'],
  },
  {
    ...shared,
    name: 'close_vwap_ratio',
    unit: 'ratio',
    definition: 'C/vwap',
    inputs: ['close', 'vwap'],
  },
]

export const sessionPriceBlock: FeatureBlock = {
  name: 'session-price',
  features,
  build: ({ layout, columnOf }) => {
    const at = columnOf('vwap')
    const turnover = new CompensatedSum(layout)
    const volumes = new CompensatedSum(layout)
    const prices = new CompensatedSum(layout)
    const barsOfSession = layout.reserve(1, 0)
    return (memory, _bars, bar, row) => {
      if (bar.startsSession === 1) {
        turnover.reset(memory)
        volumes.reset(memory)
        prices.reset(memory)
        memory[barsOfSession] = 0
      }
      const count = memory[barsOfSession]! + 1
      memory[barsOfSession] = count
      const typical = (bar.high + bar.low + bar.close) / 3
      const turned = turnover.add(memory, typical * bar.volume)
      const traded = volumes.add(memory, bar.volume)
      const priced = prices.add(memory, typical)
      const vwap = traded === 0 ? priced / count : turned / traded
      row[at] = vwap
      row[at + 1] = bar.close / vwap
    }
  },
}

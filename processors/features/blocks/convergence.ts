/** MACD line, signal and histogram. */
import { MovingAverageConvergence } from '../../indicators/moving-average-convergence.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'
import { fadingAsEma, oneAfterTheOther } from '../settling.ts'

const shared = {
  version: 1,
  group: 'technical',
  unit: 'price',
  range: '(-∞, ∞)',
  source: 'Appel 1979',
  nullRule: NEVER,
} as const

const SIGNAL = oneAfterTheOther(fadingAsEma(26), fadingAsEma(9))

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'macd',
    definition: 'EMA(C,12) - EMA(C,26)',
    warmupBars: 26,
    settling: fadingAsEma(26),
    inputs: ['close'],
  },
  {
    ...shared,
    name: 'macd_signal',
    definition: 'EMA(macd,9)',
    warmupBars: 34,
    settling: SIGNAL,
    inputs: ['macd'],
  },
  {
    ...shared,
    name: 'macd_histogram',
    definition: 'macd - macd_signal',
    warmupBars: 34,
    settling: SIGNAL,
    inputs: ['macd', 'macd_signal'],
  },
]

export const convergenceBlock: FeatureBlock = {
  name: 'convergence',
  features,
  build: ({ layout, columnOf }) => {
    const at = columnOf('macd')
    const macd = new MovingAverageConvergence(layout)
    return (memory, _bars, bar, row) => macd.update(memory, bar.close, row, at)
  },
}

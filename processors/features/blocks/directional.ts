/** Average true range and average directional index: what Wilder made of highs, lows and the last close. */
import { AverageDirectionalIndex } from '../../indicators/average-directional-index.ts'
import { ExponentialAverage } from '../../indicators/exponential-average.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'
import { fadingAsWilder, oneAfterTheOther } from '../settling.ts'

const shared = { version: 1, group: 'technical', source: 'Wilder 1978', nullRule: NEVER } as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'atr_14',
    unit: 'price',
    range: '[0, ∞)',
    definition: 'WILDER(TR,14), TR = max(H - L, |H - C[1]|, |L - C[1]|)',
    warmupBars: 15,
    settling: fadingAsWilder(14),
    inputs: ['high', 'low', 'close'],
  },
  {
    ...shared,
    name: 'adx_14',
    unit: 'points',
    range: '[0, 100]',
    definition: 'WILDER(DX,14), DX = 100·|+DI - -DI|/(+DI + -DI), 0 if both are 0',
    warmupBars: 28,
    settling: oneAfterTheOther(fadingAsWilder(14), fadingAsWilder(14)),
    inputs: ['high', 'low', 'close'],
  },
]

export const directionalBlock: FeatureBlock = {
  name: 'directional',
  features,
  build: ({ layout, history: { closes, highs, lows }, columnOf }) => {
    const at = columnOf('atr_14')
    const trueRange = ExponentialAverage.wilder(layout, 14)
    const directional = new AverageDirectionalIndex(layout)
    return (memory, bars, bar, row) => {
      if (bars === 0) {
        row[at] = NaN
        row[at + 1] = NaN
        return
      }
      const { high, low } = bar
      const closeBefore = memory[closes.end(bars) - 1]!
      const reach = Math.max(high - low, Math.abs(high - closeBefore), Math.abs(low - closeBefore))
      row[at] = trueRange.update(memory, reach)
      const rise = high - memory[highs.end(bars) - 1]!
      const fall = memory[lows.end(bars) - 1]! - low
      row[at + 1] = directional.update(memory, rise, fall)
    }
  },
}

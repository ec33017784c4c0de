/** RSI of 14 and 20 bars. */
import { RelativeStrength } from '../../indicators/relative-strength.ts'
import { NEVER, type FeatureBlock } from '../feature-block.ts'
import { fadingAsWilder } from '../settling.ts'

const LENGTHS = [14, 20] as const

export const relativeStrengthBlock: FeatureBlock = {
  name: 'relative-strength',
  features: LENGTHS.map((length) => ({
    name: `rsi_${length}`,
    version: 1,
    group: 'technical',
    unit: 'points',
    range: '[0, 100]',
    definition: `100 - 100/(1+RS), RS = WILDER(gains,${length})/WILDER(losses,${length}); 100 if only the loss average is 0, 50 if both are`,
    source: 'Wilder 1978',
    warmupBars: length + 1,
    settling: fadingAsWilder(length),
    nullRule: NEVER,
    inputs: ['close'],
  })),
  build: ({ layout, history: { closes }, columnOf }) => {
    const at = columnOf('rsi_14')
    const rsi14 = new RelativeStrength(layout, 14)
    const rsi20 = new RelativeStrength(layout, 20)
    return (memory, bars, bar, row) => {
      const change = bar.close - memory[closes.end(bars) - 1]!
      row[at] = bars === 0 ? NaN : rsi14.update(memory, change)
      row[at + 1] = bars === 0 ? NaN : rsi20.update(memory, change)
    }
  },
}

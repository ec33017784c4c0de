/** Exponential moving averages of the close. */
import { ExponentialAverage } from '../../indicators/exponential-average.ts'
import { NEVER, type FeatureBlock } from '../feature-block.ts'
import { fadingAsEma } from '../settling.ts'

const LENGTHS = [5, 7, 10, 14, 20, 21, 50] as const

export const exponentialAveragesBlock: FeatureBlock = {
  name: 'exponential-averages',
  features: LENGTHS.map((length) => ({
    name: `ema_${length}`,
    version: 1,
    group: 'technical',
    unit: 'price',
    range: '(0, ∞)',
    definition: `EMA(C,${length})`,
    source: `alpha = 2/${length + 1}, seeded with SMA(C,${length})`,
    warmupBars: length,
    settling: fadingAsEma(length),
    nullRule: NEVER,
    inputs: ['close'],
  })),
  build: ({ layout, columnOf, isWanted }) => {
    const lengths = LENGTHS.filter((length) => isWanted(`ema_${length}`))
    const columns = lengths.map((length) => columnOf(`ema_${length}`))
    const averages = lengths.map((length) => ExponentialAverage.ema(layout, length))
    return (memory, _bars, { close }, row) => {
      for (let i = 0; i < averages.length; i++)
        row[columns[i]!] = averages[i]!.update(memory, close)
    }
  },
}

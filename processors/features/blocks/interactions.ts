/** Products and quotients of features that mean more together. */
import { IDLE, NO_VOLUME, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'
import { fadingAsEma, fadingAsWilder, oneAfterTheOther } from '../settling.ts'

const shared = { version: 1, group: 'interaction', range: '(-∞, ∞)' } as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'rsi_14_x_volume_ratio',
    unit: 'points',
    range: '[0, 2000]',
    definition: 'rsi_14·volume_ratio',
    source: 'product',
    warmupBars: 20,
    settling: fadingAsWilder(14),
    nullRule: IDLE,
    inputs: ['rsi_14', 'volume_ratio'],
  },
  {
    ...shared,
    name: 'macd_histogram_over_atr_14',
    unit: 'ratio',
    definition: 'macd_histogram/atr_14',
    source: 'quotient',
    warmupBars: 34,
    settling: oneAfterTheOther(fadingAsWilder(14), fadingAsEma(9)),
    nullRule: 'atr_14 is 0',
    inputs: ['macd_histogram', 'atr_14'],
  },
  {
    ...shared,
    name: 'return_1_x_volume_zscore',
    unit: 'fraction times standard deviations',
    definition: 'return_1·volume_zscore',
    source: 'product',
    warmupBars: 20,
    nullRule: `${NO_VOLUME}; the last 20 volumes are equal`,
    inputs: ['return_1', 'volume_zscore'],
  },
]

export const interactionsBlock: FeatureBlock = {
  name: 'interactions',
  features,
  build: ({ columnOf }) => {
    const at = columnOf('rsi_14_x_volume_ratio')
    const rsi = columnOf('rsi_14')
    const volumeRatio = columnOf('volume_ratio')
    const histogram = columnOf('macd_histogram')
    const trueRange = columnOf('atr_14')
    const simpleReturn = columnOf('return_1')
    const zscore = columnOf('volume_zscore')
    return (_memory, _bars, _bar, row) => {
      row[at] = row[rsi]! * row[volumeRatio]!
      row[at + 1] = row[histogram]! / row[trueRange]!
      row[at + 2] = row[simpleReturn]! * row[zscore]!
    }
  },
}

/** Volume against its own past, and which way it went. */
import { Series } from '../../indicators/series.ts'
import { squaresAbout, squaresAboutMean, sumAbout, sumOf } from '../../indicators/window-sums.ts'
import { IDLE, NO_VOLUME, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const WINDOW = 20
const shared = {
  version: 1,
  group: 'microstructure',
  unit: 'volume',
  source: 'volume',
  nullRule: NO_VOLUME,
  inputs: ['volume'],
} as const

const features: readonly FeatureSpec[] = [
  { ...shared, name: 'volume_ma20', range: '[0, ∞)', definition: 'SMA(V,20)', warmupBars: 20 },
  { ...shared, name: 'volume_ma50', range: '[0, ∞)', definition: 'SMA(V,50)', warmupBars: 50 },
  {
    ...shared,
    name: 'volume_ratio',
    unit: 'ratio',
    range: '[0, 20]',
    definition: 'V/volume_ma20',
    warmupBars: 20,
    nullRule: IDLE,
    inputs: ['volume', 'volume_ma20'],
  },
  {
    ...shared,
    name: 'volume_zscore',
    unit: 'standard deviations',
    range: '(-4.25, 4.25)',
    definition: '(V - volume_ma20)/SD(V,20)',
    warmupBars: 20,
    nullRule: `${NO_VOLUME}; the last 20 volumes are equal`,
    inputs: ['volume', 'volume_ma20'],
  },
  {
    ...shared,
    name: 'order_flow_imbalance',
    unit: 'ratio',
    range: '[-1, 1]',
    definition: 'sum20[sign(C - O)·V]/sum20[V]',
    warmupBars: 20,
    nullRule: IDLE,
    inputs: ['open', 'close', 'volume'],
  },
  { ...shared, name: 'volume_velocity', range: '(-∞, ∞)', definition: 'V - V[1]', warmupBars: 2 },
  {
    ...shared,
    name: 'volume_acceleration',
    range: '(-∞, ∞)',
    definition: 'volume_velocity - volume_velocity[1]',
    warmupBars: 3,
    inputs: ['volume_velocity'],
  },
]

export const volumeBlock: FeatureBlock = {
  name: 'volume',
  features,
  build: ({ layout, history: { volumes }, columnOf }) => {
    const at = columnOf('volume_ma20')
    const signed = new Series(layout, 32)
    return (memory, bars, { open, close, volume }, row) => {
      signed.push(memory, bars, Math.sign(close - open) * volume)
      const end = volumes.end(bars)
      const sum20 = sumOf(memory, end, WINDOW)
      const sum50 = sum20 + sumOf(memory, end - WINDOW, 30)
      // About the newest volume: the mean is sumAbout/20 away from it, and equal volumes give 0.
      const distance = sumAbout(memory, end, WINDOW, volume)
      const squares = squaresAboutMean(distance, squaresAbout(memory, end, WINDOW, volume), WINDOW)
      const velocity = volume - memory[end - 1]!
      row[at] = sum20 / WINDOW
      row[at + 1] = sum50 / 50
      row[at + 2] = (WINDOW * volume) / sum20
      row[at + 3] = -distance / WINDOW / Math.sqrt(squares / (WINDOW - 1))
      row[at + 4] = sumOf(memory, signed.end(bars), WINDOW) / sum20
      row[at + 5] = velocity
      row[at + 6] = velocity - (memory[end - 1]! - memory[end - 2]!)
    }
  },
}

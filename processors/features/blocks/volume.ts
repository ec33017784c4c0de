/** Volume against its own past, and which way it went. */
import { Series } from '../../indicators/series.ts'
import { squaresAboutMean, sumOf } from '../../indicators/window-sums.ts'
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
      const end = volumes.end(bars)
      let sum20 = volume
      let flow = Math.sign(close - open) * volume
      signed.push(memory, bars, flow)
      // About the newest volume: the mean is distance/20 away from it, and equal volumes give 0.
      let distance = 0
      let squares = 0
      const atSigned = signed.end(bars)
      for (let ago = 1; ago < WINDOW; ago++) {
        const before = memory[end - ago]!
        sum20 += before
        flow += memory[atSigned - ago]!
        const away = before - volume
        distance += away
        squares += away * away
      }
      const sum50 = sum20 + sumOf(memory, end - WINDOW, 30)
      const spread = squaresAboutMean(distance, squares, WINDOW) / (WINDOW - 1)
      const velocity = volume - memory[end - 1]!
      row[at] = sum20 / WINDOW
      row[at + 1] = sum50 / 50
      row[at + 2] = (WINDOW * volume) / sum20
      row[at + 3] = -distance / WINDOW / Math.sqrt(spread)
      row[at + 4] = flow / sum20
      row[at + 5] = velocity
      row[at + 6] = velocity - (memory[end - 1]! - memory[end - 2]!)
    }
  },
}

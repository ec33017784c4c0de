/** Stochastic oscillator: where the close lies in the range of the last 14 bars. */
import { RollingExtreme } from '../../indicators/rolling-extreme.ts'
import { Series } from '../../indicators/series.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const WINDOW = 14
const SMOOTHING = 3
const shared = {
  version: 1,
  group: 'technical',
  unit: 'points',
  range: '[0, 100]',
  source: 'Lane 1984',
  nullRule: NEVER,
} as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'stoch_k_14',
    definition:
      '100·(C - LL)/(HH - LL), HH highest high and LL lowest low of the last 14 bars; 50 if they are equal',
    warmupBars: WINDOW,
    inputs: ['high', 'low', 'close'],
  },
  {
    ...shared,
    name: 'stoch_d_3',
    definition: 'SMA(stoch_k_14, 3)',
    warmupBars: WINDOW + SMOOTHING - 1,
    inputs: ['stoch_k_14'],
  },
]

export const stochasticBlock: FeatureBlock = {
  name: 'stochastic',
  features,
  build: ({ layout, history: { highs, lows }, columnOf }) => {
    const at = columnOf('stoch_k_14')
    const tops = RollingExtreme.highest(layout, highs, WINDOW)
    const bottoms = RollingExtreme.lowest(layout, lows, WINDOW)
    const positions = new Series(layout, 4)
    return (memory, bars, { close }, row) => {
      const lowest = bottoms.update(memory, bars)
      const reach = tops.update(memory, bars) - lowest
      const position = reach === 0 ? 50 : (100 * (close - lowest)) / reach
      positions.push(memory, bars, position)
      row[at] = position
      const end = positions.end(bars)
      row[at + 1] = (position + memory[end - 1]! + memory[end - 2]!) / SMOOTHING
    }
  },
}

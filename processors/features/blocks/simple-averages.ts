/** Simple moving averages and Bollinger bands of the close: one pass over the last 50 closes. */
import { squaresAbout, squaresAboutMean, sumAbout } from '../../indicators/window-sums.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const average = {
  version: 1,
  group: 'technical',
  unit: 'price',
  range: '(0, ∞)',
  nullRule: NEVER,
  inputs: ['close'],
} as const
const band = { ...average, source: 'Bollinger', warmupBars: 20 } as const

const features: readonly FeatureSpec[] = [
  { ...band, name: 'bb_middle', definition: 'SMA(C,20)' },
  { ...band, name: 'bb_upper', definition: 'SMA(C,20) + 2·PSD(C,20)' },
  { ...band, name: 'bb_lower', range: '(-∞, ∞)', definition: 'SMA(C,20) - 2·PSD(C,20)' },
  {
    ...band,
    name: 'bb_width',
    unit: 'fraction',
    range: '[0, ∞)',
    definition: '(bb_upper - bb_lower)/bb_middle',
  },
  {
    ...band,
    name: 'bb_position',
    unit: 'ratio',
    range: '(-∞, ∞)',
    definition: '(C - bb_lower)/(bb_upper - bb_lower)',
    nullRule: 'the last 20 closes are equal',
  },
  ...[5, 7, 10, 14, 20, 21, 50].map((n) => ({
    ...average,
    name: `sma_${n}`,
    definition: `SMA(C,${n})`,
    source: 'simple moving average',
    warmupBars: n,
  })),
]

export const simpleAveragesBlock: FeatureBlock = {
  name: 'simple-averages',
  features,
  build: ({ history: { closes }, columnOf }) => {
    const bands = columnOf('bb_middle')
    const averages = columnOf('sma_5')
    return (memory, bars, bar, row) => {
      // Everything is measured from the newest close, so that equal closes give exactly themselves.
      const close = bar.close
      const end = closes.end(bars)
      const sum5 = fourAbout(memory, end - 1, close)
      const sum7 = sum5 + twoAbout(memory, end - 5, close)
      const sum10 = sum7 + twoAbout(memory, end - 7, close) + (memory[end - 9]! - close)
      const sum14 = sum10 + fourAbout(memory, end - 10, close)
      const sum20 = sum14 + fourAbout(memory, end - 14, close) + twoAbout(memory, end - 18, close)
      const sum21 = sum20 + (memory[end - 20]! - close)
      const sum50 = sum21 + sumAbout(memory, end - 21, 29, close)
      const middle = close + sum20 / 20
      row[averages] = close + sum5 / 5
      row[averages + 1] = close + sum7 / 7
      row[averages + 2] = close + sum10 / 10
      row[averages + 3] = close + sum14 / 14
      row[averages + 4] = middle
      row[averages + 5] = close + sum21 / 21
      row[averages + 6] = close + sum50 / 50
      const reach =
        2 * Math.sqrt(squaresAboutMean(sum20, squaresAbout(memory, end, 20, close), 20) / 20)
      row[bands] = middle
      row[bands + 1] = middle + reach
      row[bands + 2] = middle - reach
      row[bands + 3] = (2 * reach) / middle
      row[bands + 4] = (reach - sum20 / 20) / (2 * reach)
    }
  },
}

/** Sum of the distances from `origin` of two values, the newer one at `end`. */
const twoAbout = (memory: Float64Array, end: number, origin: number): number =>
  memory[end]! - origin + (memory[end - 1]! - origin)

/** The same of four. */
const fourAbout = (memory: Float64Array, end: number, origin: number): number =>
  twoAbout(memory, end, origin) + twoAbout(memory, end - 2, origin)

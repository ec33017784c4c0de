/** Change of the close over a few bars, in price and in percent. */
import { NEVER, type FeatureBlock } from '../feature-block.ts'

const MOMENTUM = [5, 10, 20] as const
const RATE_OF_CHANGE = [5, 10, 12] as const
const shared = { version: 1, group: 'momentum', nullRule: NEVER, inputs: ['close'] } as const

export const momentumBlock: FeatureBlock = {
  name: 'momentum',
  features: [
    ...MOMENTUM.map((n) => ({
      ...shared,
      name: `momentum_${n}`,
      unit: 'price',
      range: '(-∞, ∞)',
      definition: `C - C[${n}]`,
      source: 'momentum',
      warmupBars: n + 1,
    })),
    ...RATE_OF_CHANGE.map((n) => ({
      ...shared,
      name: `roc_${n}`,
      unit: 'percent',
      range: '(-100, ∞)',
      definition: `100·(C/C[${n}] - 1)`,
      source: 'rate of change',
      warmupBars: n + 1,
    })),
  ],
  build: ({ history: { closes }, columnOf }) => {
    const at = columnOf('momentum_5')
    return (memory, bars, { close }, row) => {
      const end = closes.end(bars)
      const change5 = close - memory[end - 5]!
      const change10 = close - memory[end - 10]!
      row[at] = change5
      row[at + 1] = change10
      row[at + 2] = close - memory[end - 20]!
      row[at + 3] = (100 * change5) / memory[end - 5]!
      row[at + 4] = (100 * change10) / memory[end - 10]!
      row[at + 5] = (100 * (close - memory[end - 12]!)) / memory[end - 12]!
    }
  },
}

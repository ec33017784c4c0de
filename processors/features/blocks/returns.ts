/** Simple returns over one minute to six hours of the grid. */
import { simpleReturn } from '../bar-history.ts'
import { NEVER, type FeatureBlock } from '../feature-block.ts'

const LAGS = [1, 5, 10, 30, 60, 90, 120, 150, 180, 210, 240, 270, 360] as const

export const returnsBlock: FeatureBlock = {
  name: 'returns',
  features: LAGS.map((lag) => ({
    name: `return_${lag}`,
    version: 1,
    group: 'returns',
    unit: 'fraction',
    range: '(-1, ∞)',
    definition: `C/C[${lag}] - 1`,
    source: 'simple return',
    warmupBars: lag + 1,
    nullRule: NEVER,
    inputs: ['close'],
  })),
  build: ({ history: { closes }, columnOf }) => {
    const at = columnOf('return_1')
    return (memory, bars, bar, row) => {
      const end = closes.end(bars)
      for (let i = 0; i < LAGS.length; i++)
        row[at + i] = simpleReturn(bar.close, memory[end - LAGS[i]!]!)
    }
  },
}

/** Log returns over one minute to half an hour. */
import { logRatio } from '../../indicators/log-ratio.ts'
import { NEVER, type FeatureBlock } from '../feature-block.ts'

const LAGS = [1, 5, 30] as const

export const logReturnsBlock: FeatureBlock = {
  name: 'log-returns',
  features: LAGS.map((lag) => ({
    name: `log_return_${lag}`,
    version: 1,
    group: 'returns',
    unit: 'log fraction',
    range: '(-∞, ∞)',
    definition: `ln(C/C[${lag}])`,
    source: 'log return',
    warmupBars: lag + 1,
    nullRule: NEVER,
    inputs: ['close'],
  })),
  build: ({ history: { closes, logReturns }, columnOf }) => {
    const at = columnOf('log_return_1')
    return (memory, bars, { close }, row) => {
      const end = closes.end(bars)
      row[at] = memory[logReturns.end(bars)]!
      row[at + 1] = logRatio(close, memory[end - 5]!)
      row[at + 2] = logRatio(close, memory[end - 30]!)
    }
  },
}

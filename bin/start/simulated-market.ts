import type { MarketInput } from './market-input.ts'
import type { RunContext } from './run-context.ts'
import type { Speed } from '../../streams/producers/pace.ts'
export function simulatedMarket(_context: RunContext, _options: { historyDays: number; speed: Speed; endsAfterADay: boolean; onProgress: (phase: string, done: number, total: number | undefined) => void }): MarketInput {
  throw new Error('not yet')
}

/** What a feature claims about its start, from the registry: its first value, and when it is settled. */
import { featureSpec } from '../registry.ts'
import type { Claim } from './computation.ts'

/** @throws CandlewireError NOT_FOUND for a name that is not in the registry. */
export function claimOf(feature: string): Claim {
  const { warmupBars, settling = { kind: 'window', bars: 0 } } = featureSpec(feature)
  return { warmupBars, settledBars: warmupBars + settling.bars, kind: settling.kind }
}

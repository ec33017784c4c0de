/** Where the routes of training ask and answer from. */
import type { RunLedger } from '../../processors/runs/run-ledger.ts'
import type { TrainingRequest } from '../../schemas/generated.ts'

/** What the routes need; the server brings it. */
export interface TrainingDesk {
  readonly ledger: Pick<RunLedger, 'of' | 'all'>
  /** Resolves when the broker has it. @throws CandlewireError BROKER_FAILED */
  readonly request: (request: TrainingRequest) => Promise<void>
}

/** A training desk over a ledger in memory. */
import { RunLedger } from '../../processors/runs/run-ledger.ts'
import type { TrainingRequest } from '../../schemas/generated.ts'
import type { TrainingDesk } from '../../serving/http/training-desk.ts'

export interface TestTraining extends TrainingDesk {
  readonly ledger: RunLedger
  /** What reached the topic. */
  readonly published: TrainingRequest[]
}

export function testTraining(): TestTraining {
  const ledger = new RunLedger()
  const published: TrainingRequest[] = []
  return {
    ledger,
    published,
    request: (request) => {
      published.push(request)
      ledger.applyRequest(request)
      return Promise.resolve()
    },
  }
}

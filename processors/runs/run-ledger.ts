/**
 * All runs as a fold over `training-requests.v1` and `training-runs.v1`: the first record of a request
 * counts, the newest of a run. A request without a run waits.
 */
import type { TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import { hasEnded, runOfRequest } from './run-records.ts'

export class RunLedger {
  private readonly requests = new Map<string, TrainingRequest>()
  private readonly runs = new Map<string, TrainingRun>()
  private readonly kept: number

  /** @param kept most ended runs remembered; those that wait or run are never forgotten */
  constructor(kept = Infinity) {
    this.kept = kept
  }

  applyRequest(request: TrainingRequest): void {
    if (!this.requests.has(request.requestId)) this.requests.set(request.requestId, request)
    this.forget()
  }

  applyRun(run: TrainingRun): void {
    // Last in the order of insertion: what changed longest ago is forgotten first.
    this.runs.delete(run.runId)
    this.runs.set(run.runId, run)
    this.forget()
  }

  has(id: string): boolean {
    return this.runs.has(id) || this.requests.has(id)
  }

  /** The run of that id, waiting ones included. */
  of(id: string): TrainingRun | undefined {
    const run = this.runs.get(id)
    if (run !== undefined) return run
    const request = this.requests.get(id)
    return request === undefined ? undefined : runOfRequest(request)
  }

  /** All, in the order they were asked for. */
  all(): TrainingRun[] {
    const waiting = [...this.requests.values()]
      .filter(({ requestId }) => !this.runs.has(requestId))
      .map(runOfRequest)
    return [...this.runs.values(), ...waiting].sort(
      (a, b) => a.requestedAtMs - b.requestedAtMs || (a.runId < b.runId ? -1 : 1),
    )
  }

  private forget(): void {
    if (this.runs.size <= this.kept) return
    for (const [id, run] of this.runs) {
      if (this.runs.size <= this.kept) return
      if (!hasEnded(run)) continue
      this.runs.delete(id)
      this.requests.delete(id)
    }
  }
}

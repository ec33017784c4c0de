/**
 * The loop around the plan, crash-only: all it knows is in `training-requests.v1` and
 * `training-runs.v1`, and every record it writes is in a transaction of the one transactional id of
 * schedulers. So at most one of them writes: an older one learns that it was fenced at its next tick
 * and gives up its runs, and a run asks for a record before it publishes.
 */
import type { Alert, TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import { RunLedger } from '../../processors/runs/run-ledger.ts'
import {
  ended,
  progressed,
  started,
  type Effort,
  type RunFacts,
} from '../../processors/runs/run-records.ts'
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { afterFailure, planNext, requestOfAlert, runsElsewhere } from './scheduler-plan.ts'
import type { SchedulerSettings } from './scheduler-settings.ts'

export interface Clock {
  nowMs(): number
  /** Resolves after that long, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface SeenAlert {
  readonly alert: Alert
  readonly partition: number
  readonly offset: number
}

/** What came since the last look. */
export interface News {
  readonly requests: readonly TrainingRequest[]
  readonly runs: readonly TrainingRun[]
  readonly alerts: readonly SeenAlert[]
}

/** The topics, as the scheduler sees them. */
export interface SchedulerStore {
  /** From now on nobody else writes: fences, and reads everything from the start. */
  open(): Promise<News>
  poll(): Promise<News>
  /** All or nothing, with the alerts seen so far. @throws CandlewireError FENCED */
  write(requests: readonly TrainingRequest[], runs: readonly TrainingRun[]): Promise<void>
  close(): Promise<void>
}

export type Outcome =
  | { readonly kind: 'succeeded'; readonly facts: RunFacts; readonly effort: Effort }
  | {
      /** `refused`: the data was not fit to be trained on. */
      readonly kind: 'failed' | 'refused' | 'cancelled'
      readonly message: string
      readonly isRetryable: boolean
      readonly facts: RunFacts
      readonly effort: Effort
    }

export interface Execution {
  /** Aborts when the scheduler stops or lost its place. */
  readonly signal: AbortSignal
  readonly timeLimitMs: number
  onProgress(facts: RunFacts): void
  /** Resolves if this run is still this scheduler's. @throws CandlewireError FENCED */
  mayPublish(): Promise<void>
}

/** Runs one attempt to its end; never rejects. */
export type Execute = (run: TrainingRun, execution: Execution) => Promise<Outcome>

export interface SchedulerOptions {
  readonly store: SchedulerStore
  readonly clock: Clock
  readonly execute: Execute
  readonly settings: SchedulerSettings
  /** Host and process, for the records. */
  readonly runner: string
  readonly logger: Logger
  /** Time between two looks, ms. */
  readonly tickMs?: number
}

const TICK_MS = 1_000
/** Progress is written at most this often, a new stage at once; a record is the sign of life too. */
const PROGRESS_EVERY_MS = 5_000

/** A record to write of a run this process works on. */
interface Update {
  readonly run: TrainingRun
  /** Whether it says how the run ended; what ends while it is being written is told by the next tick. */
  readonly isOutcome: boolean
}

interface Work {
  /** As written last. */
  written: TrainingRun
  facts: RunFacts
  outcome: Outcome | undefined
}

export class Scheduler {
  readonly ledger = new RunLedger()
  private readonly options: SchedulerOptions
  private readonly work = new Map<string, Work>()
  private readonly abandon = new AbortController()
  private sinceMs = 0
  /** One writer: a tick and a run that wants to publish do not write at once. */
  private writing: Promise<void> = Promise.resolve()
  private readonly counts = { started: 0, succeeded: 0, ended: 0, requested: 0 }

  constructor(options: SchedulerOptions) {
    this.options = options
  }

  stats(): object {
    return { ...this.counts, working: this.work.size, known: this.ledger.all().length }
  }

  /** Until the signal aborts; its runs are then given back. @throws CandlewireError FENCED, BROKER_FAILED */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, tickMs = TICK_MS } = this.options
    try {
      this.sinceMs = clock.nowMs()
      const all = await store.open()
      for (const run of all.runs) this.ledger.applyRun(run)
      await this.take({ ...all, runs: [] })
      while (!signal.aborted) {
        await this.tick()
        await clock.sleep(tickMs, signal)
        if (!signal.aborted) await this.take(await store.poll())
      }
    } finally {
      // Given back, not failed: whoever comes next finds them running without a runner.
      this.abandon.abort()
      await store.close()
    }
  }

  private async take({ requests, runs, alerts }: News): Promise<void> {
    for (const request of requests) this.ledger.applyRequest(request)
    // Of the runs of schedulers nobody else writes now, and what comes back may be older than what is
    // known: it would look like a run without a runner.
    for (const run of runs) if (runsElsewhere(run)) this.ledger.applyRun(run)
    const { clock, settings, logger } = this.options
    const asked: TrainingRequest[] = []
    for (const { alert, ...position } of alerts) {
      const nowMs = clock.nowMs()
      const request = requestOfAlert(alert, position, this.ledger, nowMs, settings)
      if (request === undefined) continue
      logger.info(
        { requestId: request.requestId, reason: request.reason },
        'An alert asks to train',
      )
      this.ledger.applyRequest(request)
      asked.push(request)
    }
    if (alerts.length > 0) await this.write(asked, [])
  }

  private async tick(): Promise<void> {
    const nowMs = this.options.clock.nowMs()
    const updates = [...this.work.values()].flatMap((each) => this.updateOf(each, nowMs))
    const working = new Set(this.work.keys())
    const now = { ms: nowMs, sinceMs: this.sinceMs, working }
    for (const { run } of updates) this.ledger.applyRun(run)
    const { requests, records, starts } = planNext(this.ledger, now, this.options.settings)
    const begun = starts.map((run) => started(run, this.options.runner, nowMs))
    const runs = [...updates.map(({ run }) => run), ...records, ...begun]
    if (requests.length + runs.length === 0) return
    await this.write(requests, runs)
    for (const request of requests) this.ledger.applyRequest(request)
    for (const run of runs) this.ledger.applyRun(run)
    for (const update of updates) this.settle(update)
    for (const run of begun) this.begin(run)
    this.counts.requested += requests.length
  }

  /** What is new about a run this process works on: its end, or its progress now and then. */
  private updateOf(work: Work, nowMs: number): Update[] {
    const { written, outcome, facts } = work
    const run = progressed(written, facts, nowMs)
    if (outcome === undefined) {
      const isNew = facts.stage !== undefined && facts.stage !== written.stage
      const isDue = isNew || nowMs - written.updatedAtMs >= PROGRESS_EVERY_MS
      return isDue ? [{ run, isOutcome: false }] : []
    }
    return [{ run: this.outcomeOf(run, outcome, nowMs), isOutcome: true }]
  }

  private outcomeOf(run: TrainingRun, outcome: Outcome, nowMs: number): TrainingRun {
    const { settings } = this.options
    const { pricePerCpuHour } = settings
    if (outcome.kind === 'failed') return afterFailure(run, outcome, nowMs, settings)
    const over = ended(run, outcome.kind, { ...outcome, pricePerCpuHour }, nowMs)
    return outcome.kind === 'succeeded' ? over : { ...over, message: outcome.message }
  }

  private settle({ run, isOutcome }: Update): void {
    const work = this.work.get(run.runId)
    if (work === undefined) return
    work.written = run
    if (!isOutcome) return
    this.work.delete(run.runId)
    this.counts.ended += 1
    if (run.status === 'succeeded') this.counts.succeeded += 1
    const { runId, status, message, attempt } = run
    this.options.logger.info({ runId, status, message, attempt }, 'Training run ended')
  }

  private begin(run: TrainingRun): void {
    const work: Work = { written: run, facts: {}, outcome: undefined }
    this.work.set(run.runId, work)
    this.counts.started += 1
    const { settings, execute, logger } = this.options
    logger.info(
      { runId: run.runId, attempt: run.attempt, model: run.modelName },
      'Training run starts',
    )
    const execution: Execution = {
      signal: this.abandon.signal,
      timeLimitMs: settings.timeLimitMs,
      onProgress: (facts) => {
        work.facts = { ...work.facts, ...facts }
      },
      mayPublish: async () => {
        const nowMs = this.options.clock.nowMs()
        const publishing = progressed(work.written, { ...work.facts, stage: 'publishing' }, nowMs)
        await this.write([], [publishing])
        work.written = publishing
      },
    }
    void execute(run, execution).then(
      (outcome) => {
        work.outcome = outcome
      },
      (thrown: unknown) => {
        const effort = { seconds: 0, cpuSeconds: 0 }
        const message = messageOf(thrown)
        work.outcome = { kind: 'failed', message, isRetryable: true, facts: {}, effort }
      },
    )
  }

  private write(requests: readonly TrainingRequest[], runs: readonly TrainingRun[]): Promise<void> {
    const next = this.writing.then(() => this.options.store.write(requests, runs))
    // The one who waits for this write gets its failure; the next one is tried all the same.
    this.writing = next.catch(() => undefined)
    return next
  }
}

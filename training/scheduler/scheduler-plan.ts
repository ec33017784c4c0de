/**
 * What the scheduler does next: a pure function of the ledger, the clock's reading and the settings.
 * It remembers nothing, so a restart goes on where the topics say it was.
 */
import type { Alert, TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import type { RunLedger } from '../../processors/runs/run-ledger.ts'
import { ended, hasEnded, type Effort, type RunFacts } from '../../processors/runs/run-records.ts'
import { targetNamed, type TrainingTarget } from '../../processors/runs/training-target.ts'
import { RETRY_MAX_MS, type SchedulerSettings } from './scheduler-settings.ts'

/** Triggers whose runs a person's terminal or another process runs, not the scheduler. */
const OWN_PROCESS: readonly string[] = ['cli', 'start']
export const runsElsewhere = ({ trigger }: Pick<TrainingRun, 'trigger'>): boolean =>
  OWN_PROCESS.includes(trigger)

/** Triggers that nobody asked for by hand and that a cool-down holds back. */
const COOLED: readonly string[] = ['drift', 'degradation']
/** A slot that nobody saw is made up for this long after it. */
const CATCH_UP_MS = 6 * 3_600_000
/** Runs of other processes write at least this often while they live (run-recorder.ts, 5 s). */
const SILENT_MS = 10 * 60_000
const DAY_MS = 86_400_000

export interface Now {
  readonly ms: number
  /** Since when this scheduler has been at it, ms. */
  readonly sinceMs: number
  /** Runs that this process works on. */
  readonly working: ReadonlySet<string>
}

export interface Plan {
  readonly requests: readonly TrainingRequest[]
  /** Records to write. */
  readonly records: readonly TrainingRun[]
  /** Runs to start now. */
  readonly starts: readonly TrainingRun[]
}

export function planNext(ledger: RunLedger, now: Now, settings: SchedulerSettings): Plan {
  const requests = scheduled(ledger, now, settings)
  const lost = ledger.all().flatMap((run) => withoutRunner(run, now, settings))
  const isLost = new Set(lost.map(({ runId }) => runId))
  const runs = ledger.all().filter((run) => !hasEnded(run) && !isLost.has(run.runId))
  const records: TrainingRun[] = [...lost]
  const starts: TrainingRun[] = []
  const busy = new Set(runs.filter(({ status }) => status === 'running').map((r) => r.modelName))
  let free = settings.concurrent - now.working.size
  const budget = budgetHold(ledger, now.ms, settings)
  for (const run of runs) {
    if (run.status !== 'queued' || runsElsewhere(run)) continue
    const cooling = run.attempt === 0 ? coolingBecause(ledger, run, settings) : undefined
    if (cooling !== undefined) {
      records.push(closed(run, 'refused', cooling, now.ms))
      continue
    }
    if ((run.notBeforeMs ?? 0) > now.ms) continue
    if (budget !== undefined) {
      records.push({ ...run, ...budget, updatedAtMs: now.ms })
      continue
    }
    // One run a model at a time: two would only fence each other when they publish.
    if (free <= 0 || busy.has(run.modelName)) continue
    busy.add(run.modelName)
    free -= 1
    starts.push(run)
  }
  return { requests, records, starts }
}

/** The requests of the newest slot that are not there yet. */
function scheduled(ledger: RunLedger, now: Now, settings: SchedulerSettings): TrainingRequest[] {
  const slot = settings.slotBefore(now.ms)
  if (slot === undefined || now.ms - slot > CATCH_UP_MS) return []
  // A slot before the first start of any scheduler was not missed: there was nobody to train for.
  const isKnown = ledger.all().some(({ trigger }) => trigger === 'schedule')
  if (slot < now.sinceMs && !isKnown) return []
  return settings.targets.flatMap((target) => {
    const requestId = `schedule-${new Date(slot).toISOString().slice(0, 16)}Z-${target.modelName}`
    if (ledger.has(requestId)) return []
    const reason = `The schedule, slot ${new Date(slot).toISOString()}.`
    return [request(requestId, 'schedule', 'scheduler', reason, target, now.ms)]
  })
}

function request(
  requestId: string,
  trigger: string,
  actor: string,
  reason: string,
  target: TrainingTarget,
  requestedAtMs: number,
): TrainingRequest {
  return { requestId, requestedAtMs, trigger, actor, reason, ...target }
}

/** A running run that nobody works on any more: its process ended, or fell silent. */
function withoutRunner(run: TrainingRun, now: Now, settings: SchedulerSettings): TrainingRun[] {
  if (run.status !== 'running') return []
  if (runsElsewhere(run)) {
    if (now.ms - run.updatedAtMs <= SILENT_MS) return []
    const message = `Nothing was heard of its process (${run.runner ?? 'unknown'}) for 10 minutes.`
    return [closed(run, 'failed', message, now.ms)]
  }
  if (now.working.has(run.runId)) return []
  const seconds = Math.max(0, (run.updatedAtMs - (run.startedAtMs ?? run.updatedAtMs)) / 1_000)
  // What it used is not known: one processor for as long as it was heard of.
  const effort = { seconds, cpuSeconds: seconds }
  const message = 'Its process ended before it did.'
  return [afterFailure(run, { message, facts: {}, effort, isRetryable: true }, now.ms, settings)]
}

const closed = (
  run: TrainingRun,
  status: 'failed' | 'refused',
  message: string,
  nowMs: number,
): TrainingRun => ({
  ...run,
  status,
  stage: null,
  message,
  updatedAtMs: nowMs,
  finishedAtMs: nowMs,
})

/** Why a run that drift or degradation asks for has to wait for the next sign of it. */
function coolingBecause(
  ledger: RunLedger,
  asked: Pick<TrainingRun, 'runId' | 'modelName' | 'trigger' | 'requestedAtMs'>,
  { coolDownMs }: Pick<SchedulerSettings, 'coolDownMs'>,
): string | undefined {
  if (!COOLED.includes(asked.trigger)) return undefined
  const earlier = ledger
    .all()
    .findLast(
      (run) =>
        run.runId !== asked.runId &&
        run.modelName === asked.modelName &&
        run.status !== 'refused' &&
        run.requestedAtMs <= asked.requestedAtMs &&
        asked.requestedAtMs - run.requestedAtMs < coolDownMs,
    )
  if (earlier === undefined) return undefined
  const until = new Date(earlier.requestedAtMs + coolDownMs).toISOString()
  return `Cooling down: ${earlier.runId} was asked for at ${new Date(earlier.requestedAtMs).toISOString()}; the next one by ${asked.trigger} may come from ${until} on.`
}

/** @returns what a waiting run is held back by, if the day's budget is used up. */
function budgetHold(
  ledger: RunLedger,
  nowMs: number,
  settings: SchedulerSettings,
): Pick<TrainingRun, 'notBeforeMs' | 'message'> | undefined {
  const { dailyCpuSeconds, dailyCost, pricePerCpuHour } = settings
  const used = usedToday(ledger, nowMs)
  const cost = (used / 3_600) * pricePerCpuHour
  const overTime = dailyCpuSeconds > 0 && used >= dailyCpuSeconds
  const overCost = dailyCost > 0 && cost >= dailyCost
  if (!overTime && !overCost) return undefined
  const notBeforeMs = dayOf(nowMs) + DAY_MS
  const limit = overTime
    ? `${Math.round(used)} of ${dailyCpuSeconds} CPU-seconds`
    : `${cost.toFixed(2)} of ${dailyCost} in money`
  const message = `The budget of the day is used up (${limit}); it waits for ${new Date(notBeforeMs).toISOString()}.`
  return { notBeforeMs, message }
}

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS

/** CPU-seconds of all runs that were at work on this UTC day; one from the evening before counts whole. */
function usedToday(ledger: RunLedger, nowMs: number): number {
  const today = dayOf(nowMs)
  return ledger
    .all()
    .filter((run) => run.attempt > 0 && dayOf(run.updatedAtMs) === today)
    .reduce((sum, run) => sum + (run.cpuSeconds ?? 0), 0)
}

export interface Failure {
  readonly message: string
  readonly facts: RunFacts
  readonly effort: Effort
  readonly isRetryable: boolean
}

/** Tried again with a growing wait, or failed for good. */
export function afterFailure(
  run: TrainingRun,
  { message, facts, effort, isRetryable }: Failure,
  nowMs: number,
  settings: Pick<SchedulerSettings, 'attemptsMax' | 'retryBaseMs' | 'pricePerCpuHour'>,
): TrainingRun {
  const { pricePerCpuHour } = settings
  const over = ended(run, 'failed', { facts, effort, pricePerCpuHour }, nowMs)
  if (!isRetryable) return { ...over, message }
  const tries = `attempt ${run.attempt} of ${settings.attemptsMax}`
  if (run.attempt >= settings.attemptsMax) return { ...over, message: `${message} (${tries})` }
  const waitMs = Math.min(RETRY_MAX_MS, settings.retryBaseMs * 2 ** (run.attempt - 1))
  const next = new Date(nowMs + waitMs).toISOString()
  return {
    ...over,
    status: 'queued',
    finishedAtMs: null,
    notBeforeMs: nowMs + waitMs,
    message: `${message} (${tries}; next one at ${next})`,
  }
}

/** What an alert asks for; undefined if it asks for nothing. */
export function requestOfAlert(
  alert: Alert,
  position: { readonly partition: number; readonly offset: number },
  ledger: RunLedger,
  nowMs: number,
  settings: SchedulerSettings,
): TrainingRequest | undefined {
  const { kind, state, message, labels } = alert
  if (!COOLED.includes(kind) || state !== 'firing') return undefined
  const modelName = labels['model'] ?? labels['modelName']
  if (modelName === undefined) return undefined
  let target: TrainingTarget
  try {
    target = targetNamed(modelName)
  } catch {
    // A model of another name is trained by whoever named it.
    return undefined
  }
  const runId = `${kind}-${position.partition}-${position.offset}`
  if (ledger.has(runId)) return undefined
  const asked = { runId, modelName, trigger: kind, requestedAtMs: nowMs }
  // An alert that goes on is raised again and again: what would be refused is not even written.
  if (coolingBecause(ledger, asked, settings) !== undefined) return undefined
  return request(runId, kind, 'scheduler', message, target, nowMs)
}

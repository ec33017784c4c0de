/** The records of `training-runs.v1`, made by one place: each state sets its own fields. */
import type { TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import { targetOf, type TrainingTarget } from './training-target.ts'

export type RunState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'refused'

/** A run in one of these never changes again. */
const ENDED: readonly string[] = [
  'succeeded',
  'failed',
  'cancelled',
  'refused',
] satisfies RunState[]

export const hasEnded = ({ status }: Pick<TrainingRun, 'status'>): boolean => ENDED.includes(status)

export interface NewRun extends TrainingTarget {
  readonly runId: string
  readonly trigger: string
  readonly actor: string
  readonly reason: string
  readonly requestedAtMs: number
}

/** Before its first attempt. */
export const newRun = (of: NewRun): TrainingRun => ({
  runId: of.runId,
  status: 'queued' satisfies RunState,
  trigger: of.trigger,
  actor: of.actor,
  reason: of.reason,
  ...targetOf(of),
  attempt: 0,
  requestedAtMs: of.requestedAtMs,
  startedAtMs: null,
  finishedAtMs: null,
  notBeforeMs: null,
  updatedAtMs: of.requestedAtMs,
  runner: null,
  stage: null,
  done: 0,
  total: 0,
  message: 'It waits for its turn.',
  errorCode: null,
  trialsMade: 0,
  seconds: null,
  cpuSeconds: null,
  cost: null,
  peakRssBytes: null,
  datasetRows: null,
  manifestDigest: null,
  parameters: {},
  versions: [],
  selected: null,
  alias: null,
  algorithm: null,
  testRmse: null,
  testZeroRmse: null,
  outOfTimeRmse: null,
  outOfTimeZeroRmse: null,
  gatePassed: null,
  reasons: [],
  folder: null,
  codeVersion: 'unknown',
})

/** The run that a request leads to has its id. */
export const runOfRequest = ({ requestId, ...request }: TrainingRequest): TrainingRun =>
  newRun({ runId: requestId, ...request })

export const started = (run: TrainingRun, runner: string, nowMs: number): TrainingRun => ({
  ...run,
  status: 'running',
  attempt: run.attempt + 1,
  startedAtMs: nowMs,
  notBeforeMs: null,
  updatedAtMs: nowMs,
  runner,
  stage: 'starting',
  done: 0,
  total: 0,
  trialsMade: 0,
  message: '',
  errorCode: null,
})

/** What a run has come to so far, or in the end. */
export type RunFacts = Partial<
  Pick<
    TrainingRun,
    | 'stage'
    | 'done'
    | 'total'
    | 'message'
    | 'errorCode'
    | 'trialsMade'
    | 'peakRssBytes'
    | 'datasetRows'
    | 'manifestDigest'
    | 'parameters'
    | 'versions'
    | 'selected'
    | 'alias'
    | 'algorithm'
    | 'testRmse'
    | 'testZeroRmse'
    | 'outOfTimeRmse'
    | 'outOfTimeZeroRmse'
    | 'gatePassed'
    | 'reasons'
    | 'folder'
    | 'codeVersion'
  >
>

export const progressed = (run: TrainingRun, facts: RunFacts, nowMs: number): TrainingRun => ({
  ...run,
  ...facts,
  updatedAtMs: nowMs,
})

/** What an attempt took. */
export interface Effort {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** An attempt's end; earlier attempts count into what the run took. */
export function ended(
  run: TrainingRun,
  status: RunState,
  {
    facts,
    effort,
    pricePerCpuHour,
  }: {
    readonly facts: RunFacts
    readonly effort: Effort
    readonly pricePerCpuHour: number
  },
  nowMs: number,
): TrainingRun {
  const cpuSeconds = (run.cpuSeconds ?? 0) + effort.cpuSeconds
  return {
    ...run,
    ...facts,
    status,
    stage: null,
    updatedAtMs: nowMs,
    finishedAtMs: nowMs,
    seconds: (run.seconds ?? 0) + effort.seconds,
    cpuSeconds,
    cost: (cpuSeconds / 3_600) * pricePerCpuHour,
  }
}

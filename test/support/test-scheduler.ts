/** The real scheduler over a log in memory and a clock that moves when told. */
import { targetNamed } from '../../processors/runs/training-target.ts'
import type { TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createLogger } from '../../streams/log.ts'
import {
  Scheduler,
  type Clock,
  type Execute,
  type News,
  type Outcome,
  type SchedulerStore,
  type SeenAlert,
} from '../../training/scheduler/scheduler.ts'
import type { SchedulerSettings } from '../../training/scheduler/scheduler-settings.ts'

const logger = createLogger({ logLevel: 'silent' }, 'test')
export const MONDAY = Date.UTC(2026, 0, 5, 1, 0)
export const HOUR = 3_600_000
export const TICK = 30_000

const settings: SchedulerSettings = {
  concurrent: 3,
  attemptsMax: 3,
  retryBaseMs: 60_000,
  dailyCpuSeconds: 0,
  dailyCost: 0,
  pricePerCpuHour: 3.6,
  timeLimitMs: HOUR,
  coolDownMs: 6 * HOUR,
  targets: [],
  slotBefore: () => undefined,
}

/** The topics: one writer at a time, by epoch, as transactional ids do it. */
export class Log {
  readonly requests: TrainingRequest[] = []
  readonly runs: TrainingRun[] = []
  readonly alerts: SeenAlert[] = []
  alertsDone = 0
  epoch = 0
  /** Called while a write is on its way. */
  whileWriting: (records: readonly TrainingRun[]) => Promise<void> = () => Promise.resolve()

  ask(id: string, more: Partial<TrainingRequest> = {}): void {
    const asked = { requestId: id, requestedAtMs: MONDAY, trigger: 'manual', actor: 'anna' }
    this.requests.push({ ...asked, reason: '', ...targetNamed('forward_return_30'), ...more })
  }

  newest(): Map<string, TrainingRun> {
    return new Map(this.runs.map((run) => [run.runId, run]))
  }

  store(): SchedulerStore {
    let [requests, runs, alerts, epoch] = [0, 0, 0, 0]
    const poll = (): Promise<News> => {
      const news = {
        requests: this.requests.slice(requests),
        runs: this.runs.slice(runs),
        alerts: this.alerts.slice(alerts),
      }
      ;[requests, runs, alerts] = [this.requests.length, this.runs.length, this.alerts.length]
      return Promise.resolve(news)
    }
    return {
      open: () => {
        epoch = this.epoch += 1
        alerts = this.alertsDone
        return poll()
      },
      poll,
      write: async (more, records) => {
        await this.whileWriting(records)
        if (epoch !== this.epoch) throw new CandlewireError('FENCED', 'newer')
        this.requests.push(...more)
        this.runs.push(...records)
        this.alertsDone = alerts
      },
      close: () => Promise.resolve(),
    }
  }
}

/** Sleepers wake one after the other, the earliest first; between two, everything that can go on does. */
export class FakeClock implements Clock {
  ms = MONDAY
  private sleepers: { at: number; wake: () => void }[] = []

  nowMs(): number {
    return this.ms
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        this.sleepers = this.sleepers.filter((each) => each !== sleeper)
        resolve()
      }
      const sleeper = { at: this.ms + ms, wake }
      this.sleepers.push(sleeper)
      signal.addEventListener('abort', wake)
    })
  }

  async advance(ms: number): Promise<void> {
    const until = this.ms + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.sleepers.sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > until) break
      this.ms = next.at
      next.wake()
    }
    this.ms = until
  }
}

const effort = { seconds: 600, cpuSeconds: 1_000 }
export const succeeded: Outcome = { kind: 'succeeded', facts: { versions: ['m/1.0.0'] }, effort }
export const failed = (isRetryable: boolean): Outcome => ({
  ...{
    kind: 'failed',
    message: 'It broke.',
    isRetryable,
    facts: { errorCode: 'INTERNAL' },
    effort,
  },
})

/** Executions that take their time on the fake clock. */
export function executor(
  clock: FakeClock,
  outcomeOf: (run: TrainingRun) => Outcome,
  tookMs = 600_000,
) {
  const seen = { started: [] as string[], now: 0, most: 0, published: [] as string[] }
  const execute: Execute = async (run, execution) => {
    const { signal } = execution
    seen.started.push(`${run.runId}#${run.attempt}`)
    seen.most = Math.max(seen.most, (seen.now += 1))
    execution.onProgress({ stage: 'search' })
    await clock.sleep(tookMs, signal)
    seen.now -= 1
    const outcome = outcomeOf(run)
    if (signal.aborted) return { ...failed(true) }
    if (outcome.kind === 'succeeded') {
      await execution.mayPublish()
      seen.published.push(run.runId)
    }
    return outcome
  }
  return { execute, seen }
}

export function startScheduler(
  log: Log,
  clock: FakeClock,
  execute: Execute,
  more: Partial<SchedulerSettings> = {},
) {
  const own = new AbortController()
  const options = { store: log.store(), clock, execute, runner: 'test', logger, tickMs: TICK }
  const ended = new Scheduler({ ...options, settings: { ...settings, ...more } })
    .run(own.signal)
    .catch((thrown: unknown) => thrown)
  return { ended, stop: () => own.abort() }
}

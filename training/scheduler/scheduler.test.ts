/** The real scheduler over a log in memory and a clock that moves when told. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { raised } from '../../processors/alerts/alert.ts'
import { RunLedger } from '../../processors/runs/run-ledger.ts'
import { hasEnded } from '../../processors/runs/run-records.ts'
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
} from './scheduler.ts'
import { slotsOf, type SchedulerSettings } from './scheduler-settings.ts'

const logger = createLogger({ logLevel: 'silent' }, 'test')
const MONDAY = Date.UTC(2026, 0, 5, 1, 0)
const HOUR = 3_600_000
const TICK = 30_000

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
class Log {
  readonly requests: TrainingRequest[] = []
  readonly runs: TrainingRun[] = []
  readonly alerts: SeenAlert[] = []
  alertsDone = 0
  epoch = 0

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
      write: (more, records) => {
        if (epoch !== this.epoch) return Promise.reject(new CandlewireError('FENCED', 'newer'))
        this.requests.push(...more)
        this.runs.push(...records)
        this.alertsDone = alerts
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
  }
}

/** Sleepers wake one after the other, the earliest first; between two, everything that can go on does. */
class FakeClock implements Clock {
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
const succeeded: Outcome = { kind: 'succeeded', facts: { versions: ['m/1.0.0'] }, effort }
const failed = (isRetryable: boolean): Outcome => ({
  ...{
    kind: 'failed',
    message: 'It broke.',
    isRetryable,
    facts: { errorCode: 'INTERNAL' },
    effort,
  },
})

/** Executions that take their time on the fake clock. */
function executor(clock: FakeClock, outcomeOf: (run: TrainingRun) => Outcome, tookMs = 600_000) {
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

function scheduler(
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

describe('requests', () => {
  it('lead to one run each, however often they are sent, and tell where they stand', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute, seen } = executor(clock, () => succeeded)
    log.ask('a')
    log.ask('a')
    const { stop, ended } = scheduler(log, clock, execute)
    await clock.advance(2 * TICK)
    expect(log.newest().get('a')).toMatchObject({ status: 'running', attempt: 1, stage: 'search' })
    log.ask('a')
    await clock.advance(HOUR)
    expect(seen.started).toEqual(['a#1'])
    expect(log.newest().get('a')).toMatchObject({
      status: 'succeeded',
      versions: ['m/1.0.0'],
      cpuSeconds: 1_000,
      cost: 1,
      stage: null,
    })
    stop()
    expect(await ended).toBeUndefined()
  })

  it('run three at once, and one of a model', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute, seen } = executor(clock, () => succeeded)
    for (const modelName of [
      'forward_return_30',
      'forward_return_60',
      'direction_30',
      'direction_60',
    ])
      for (const n of [1, 2]) log.ask(`${modelName}-${n}`, targetNamed(modelName))
    const { stop } = scheduler(log, clock, execute)
    await clock.advance(1_000)
    expect(seen.started).toHaveLength(3)
    expect(new Set(seen.started.map((id) => id.split('-')[0])).size).toBe(3)
    await clock.advance(2 * HOUR)
    expect(seen.most).toBe(3)
    expect([...log.newest().values()].map(({ status }) => status)).toEqual(
      Array(8).fill('succeeded'),
    )
    stop()
  })

  it('are tried again with a growing wait, and only for reasons that may pass', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute, seen } = executor(clock, ({ runId }) => failed(runId === 'flaky'), 1_000)
    log.ask('flaky')
    log.ask('hopeless', targetNamed('direction_30'))
    const { stop } = scheduler(log, clock, execute)
    await clock.advance(TICK)
    expect(log.newest().get('hopeless')).toMatchObject({ status: 'failed', errorCode: 'INTERNAL' })
    expect(log.newest().get('flaky')).toMatchObject({ status: 'queued', attempt: 1 })
    await clock.advance(HOUR)
    const starts = log.runs.filter(({ stage }) => stage === 'starting' && stage !== null)
    const times = starts.filter(({ runId }) => runId === 'flaky').map((run) => run.startedAtMs ?? 0)
    const waits = times.slice(1).map((at, n) => (at - (times[n] ?? 0)) / TICK)
    // A minute and two, counted from the end, which the next tick sees.
    expect(waits).toEqual([3, 5])
    expect(seen.started.filter((id) => id.startsWith('flaky'))).toHaveLength(3)
    expect(log.newest().get('flaky')).toMatchObject({
      status: 'failed',
      message: 'It broke. (attempt 3 of 3)',
      cpuSeconds: 3_000,
    })
    stop()
  })

  it('wait for the next day when the budget is used up, in CPU-seconds or in money', async () => {
    for (const limit of [{ dailyCpuSeconds: 1_500 }, { dailyCost: 1.5 }]) {
      const [log, clock] = [new Log(), new FakeClock()]
      const { execute, seen } = executor(clock, () => succeeded)
      for (const id of ['a', 'b', 'c']) log.ask(id)
      const { stop } = scheduler(log, clock, execute, limit)
      await clock.advance(5 * HOUR)
      expect(seen.started).toEqual(['a#1', 'b#1'])
      expect(log.newest().get('c')).toMatchObject({ status: 'queued', attempt: 0 })
      expect(log.newest().get('c')?.message).toContain('waits for 2026-01-06T00:00:00.000Z')
      await clock.advance(19 * HOUR)
      expect(seen.started).toEqual(['a#1', 'b#1', 'c#1'])
      stop()
    }
  })
})

describe('the schedule', () => {
  it('asks once a slot, across restarts, makes a missed one up, and starts with none', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute } = executor(clock, () => succeeded)
    const more = {
      slotBefore: slotsOf('0 2 * * *', 'UTC'),
      targets: [targetNamed('forward_return_30'), targetNamed('direction_30')],
    }
    const first = scheduler(log, clock, execute, more)
    await clock.advance(30 * 60_000)
    expect(log.requests).toEqual([])
    await clock.advance(HOUR)
    expect(log.requests.map(({ requestId }) => requestId)).toEqual([
      'schedule-2026-01-05T02:00Z-forward_return_30',
      'schedule-2026-01-05T02:00Z-direction_30',
    ])
    first.stop()
    clock.ms += 25 * HOUR
    const second = scheduler(log, clock, execute, more)
    await clock.advance(HOUR)
    expect(log.requests).toHaveLength(4)
    second.stop()
    clock.ms += 40 * HOUR
    const late = scheduler(log, clock, execute, more)
    await clock.advance(1_000)
    // 17 hours after the slot is too late to make it up.
    expect(log.requests).toHaveLength(4)
    late.stop()
  })

  it('follows its zone through a change of the clock, and refuses what is no cron line', () => {
    const before = slotsOf('30 1 * * *', 'America/New_York')
    // 2026-03-08 is the day with 23 hours: 01:30 is 06:30 UTC before it, 05:30 UTC after it.
    expect(before(Date.UTC(2026, 2, 8, 6, 29))).toBe(Date.UTC(2026, 2, 7, 6, 30))
    expect(before(Date.UTC(2026, 2, 8, 6, 30))).toBe(Date.UTC(2026, 2, 8, 6, 30))
    expect(before(Date.UTC(2026, 2, 9, 5, 30))).toBe(Date.UTC(2026, 2, 9, 5, 30))
    expect(slotsOf('0 0 1 1 *', 'UTC')(MONDAY)).toBe(Date.UTC(2026, 0, 1))
    expect(slotsOf('', 'UTC')(MONDAY)).toBeUndefined()
    expect(() => slotsOf('every day', 'UTC')).toThrow('TRAINING_CRON')
  })
})

describe('alerts', () => {
  const drift = (offset: number, model = 'forward_return_30'): SeenAlert => ({
    alert: raised({
      kind: 'drift',
      subject: model,
      identity: { model, version: '1.0.0' },
      eventTimeMs: MONDAY,
      message: '41 % of the features have drifted.',
    }),
    partition: 0,
    offset,
  })

  it('ask for a run, then for none until the model has cooled down', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute, seen } = executor(clock, () => succeeded)
    const { stop } = scheduler(log, clock, execute)
    await clock.advance(1_000)
    log.alerts.push(drift(0), drift(1), drift(2, 'some_other_model'))
    await clock.advance(5 * HOUR)
    log.alerts.push(drift(3), drift(4, 'direction_30'))
    await clock.advance(TICK)
    expect(seen.started).toEqual(['drift-0-0#1', 'drift-0-4#1'])
    expect(log.newest().get('drift-0-0')).toMatchObject({
      trigger: 'drift',
      reason: '41 % of the features have drifted.',
    })
    await clock.advance(HOUR)
    log.alerts.push(drift(5))
    await clock.advance(HOUR)
    expect(seen.started.at(-1)).toBe('drift-0-5#1')
    stop()
  })

  it('are refused as requests too while the model cools down', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute, seen } = executor(clock, () => succeeded)
    log.ask('first')
    log.ask('second', { trigger: 'degradation', requestedAtMs: MONDAY + 1_000 })
    log.ask('third', { requestedAtMs: MONDAY + 2_000 })
    const { stop } = scheduler(log, clock, execute)
    await clock.advance(HOUR)
    expect(seen.started).toEqual(['first#1', 'third#1'])
    expect(log.newest().get('second')).toMatchObject({ status: 'refused' })
    expect(log.newest().get('second')?.message).toContain('Cooling down: first')
    stop()
  })
})

describe('two schedulers', () => {
  it('do not both publish one run: the older one is fenced', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    log.ask('a')
    const [one, two] = [executor(clock, () => succeeded), executor(clock, () => succeeded)]
    const older = scheduler(log, clock, one.execute)
    await clock.advance(1_500)
    const newer = scheduler(log, clock, two.execute)
    await clock.advance(2 * HOUR)
    expect(await older.ended).toMatchObject({ code: 'FENCED' })
    expect([one.seen.published, two.seen.published]).toEqual([[], ['a']])
    expect(log.newest().get('a')).toMatchObject({ status: 'succeeded', attempt: 2 })
    newer.stop()
  })

  it('leave the runs of terminals alone, unless their process has been silent for long', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const ledger = new RunLedger()
    log.ask('x')
    log.requests.forEach((request) => ledger.applyRequest(request))
    const run = { ...ledger.of('x')!, status: 'running', trigger: 'cli', attempt: 1 }
    log.requests.length = 0
    log.runs.push(run)
    const { execute, seen } = executor(clock, () => succeeded)
    const { stop } = scheduler(log, clock, execute)
    await clock.advance(9 * 60_000)
    expect(log.newest().get('x')?.status).toBe('running')
    await clock.advance(2 * 60_000)
    expect(log.newest().get('x')?.status).toBe('failed')
    expect(seen.started).toEqual([])
    stop()
  })
})

describe('whatever crashes when', () => {
  it('every request ends once, and nothing is published twice', async () => {
    const crashes = fc.array(fc.integer({ min: 1, max: 1_500 }), { maxLength: 2 })
    const asks = fc.array(fc.constantFrom('forward_return_30', 'direction_30'), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(crashes, asks, async (waits, models) => {
        const [log, clock] = [new Log(), new FakeClock()]
        models.forEach((model, n) => log.ask(`r${n}`, targetNamed(model)))
        const published: string[] = []
        for (const seconds of [...waits, 6 * 3_600]) {
          const { execute, seen } = executor(clock, () => succeeded)
          const { stop, ended } = scheduler(log, clock, execute)
          await clock.advance(seconds * 1_000)
          stop()
          await ended
          published.push(...seen.published)
        }
        const last = [...log.newest().values()]
        expect(last).toHaveLength(models.length)
        expect(last.every(hasEnded)).toBe(true)
        expect(last.map(({ status }) => status)).toEqual(Array(models.length).fill('succeeded'))
        expect(new Set(published).size).toBe(models.length)
      }),
      { numRuns: 25 },
    )
  })
})

/** What becomes of requests: one run each, its attempts, its budget. */
import { describe, expect, it } from 'vitest'
import { targetNamed } from '../../processors/runs/training-target.ts'
import {
  executor,
  failed,
  FakeClock,
  HOUR,
  Log,
  startScheduler,
  succeeded,
  TICK,
} from '../../test/support/test-scheduler.ts'

describe('requests', () => {
  it('lead to one run each, however often they are sent, and tell where they stand', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute, seen } = executor(clock, () => succeeded)
    log.ask('a')
    log.ask('a')
    const { stop, ended } = startScheduler(log, clock, execute)
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

  it('are told how they ended also where they end while their progress is being written', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    let end: () => void = () => undefined
    log.ask('a')
    log.whileWriting = async (records) => {
      if (!records.some(({ stage }) => stage === 'search')) return
      end()
      await new Promise((resolve) => setImmediate(resolve))
    }
    const { stop } = startScheduler(log, clock, (_, execution) => {
      execution.onProgress({ stage: 'search' })
      return new Promise((resolve) => (end = () => resolve(succeeded)))
    })
    for (let tick = 0; tick < 10; tick += 1) await clock.advance(TICK)
    expect(log.newest().get('a')).toMatchObject({ status: 'succeeded', attempt: 1 })
    stop()
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
    const { stop } = startScheduler(log, clock, execute)
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
    const { stop } = startScheduler(log, clock, execute)
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
      const { stop } = startScheduler(log, clock, execute, limit)
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

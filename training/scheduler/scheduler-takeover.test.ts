/** Several schedulers, at once and one after the other, and what they leave. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RunLedger } from '../../processors/runs/run-ledger.ts'
import { hasEnded } from '../../processors/runs/run-records.ts'
import { targetNamed } from '../../processors/runs/training-target.ts'
import {
  executor,
  FakeClock,
  HOUR,
  Log,
  startScheduler,
  succeeded,
} from '../../test/support/test-scheduler.ts'

describe('two schedulers', () => {
  it('do not both publish one run: the older one is fenced', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    log.ask('a')
    const [one, two] = [executor(clock, () => succeeded), executor(clock, () => succeeded)]
    const older = startScheduler(log, clock, one.execute)
    await clock.advance(1_500)
    const newer = startScheduler(log, clock, two.execute)
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
    const { stop } = startScheduler(log, clock, execute)
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
          const { stop, ended } = startScheduler(log, clock, execute)
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

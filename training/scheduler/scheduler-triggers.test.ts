/** What asks for runs by itself: the schedule and alerts. */
import { describe, expect, it } from 'vitest'
import { raised } from '../../processors/alerts/alert.ts'
import { targetNamed } from '../../processors/runs/training-target.ts'
import type { SeenAlert } from './scheduler.ts'
import { slotsOf } from './scheduler-settings.ts'
import {
  executor,
  FakeClock,
  HOUR,
  Log,
  MONDAY,
  startScheduler,
  succeeded,
  TICK,
} from '../../test/support/test-scheduler.ts'

describe('the schedule', () => {
  it('asks once a slot, across restarts, makes a missed one up, and starts with none', async () => {
    const [log, clock] = [new Log(), new FakeClock()]
    const { execute } = executor(clock, () => succeeded)
    const more = {
      slotBefore: slotsOf('0 2 * * *', 'UTC'),
      targets: [targetNamed('forward_return_30'), targetNamed('direction_30')],
    }
    const first = startScheduler(log, clock, execute, more)
    await clock.advance(30 * 60_000)
    expect(log.requests).toEqual([])
    await clock.advance(HOUR)
    expect(log.requests.map(({ requestId }) => requestId)).toEqual([
      'schedule-2026-01-05T02:00Z-forward_return_30',
      'schedule-2026-01-05T02:00Z-direction_30',
    ])
    first.stop()
    clock.ms += 25 * HOUR
    const second = startScheduler(log, clock, execute, more)
    await clock.advance(HOUR)
    expect(log.requests).toHaveLength(4)
    second.stop()
    clock.ms += 40 * HOUR
    const late = startScheduler(log, clock, execute, more)
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
    const { stop } = startScheduler(log, clock, execute)
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
    const { stop } = startScheduler(log, clock, execute)
    await clock.advance(HOUR)
    expect(seen.started).toEqual(['first#1', 'third#1'])
    expect(log.newest().get('second')).toMatchObject({ status: 'refused' })
    expect(log.newest().get('second')?.message).toContain('Cooling down: first')
    stop()
  })
})

import { describe, expect, it } from 'vitest'
import { PollSchedule } from './poll-schedule.ts'

const MINUTE = 60_000
const T = Date.UTC(2026, 0, 5, 14, 30)

describe('PollSchedule', () => {
  it('asks 2 s after each minute without a stream', () => {
    const schedule = new PollSchedule()
    schedule.answered(T)
    expect(schedule.waitMs(T + MINUTE + 2_500, false)).toBe(59_500)
    expect(schedule.waitMs(T + MINUTE, false)).toBe(62_000)
    expect(schedule.waitMs(T + 2 * MINUTE - 1, false)).toBe(2_001)
  })

  it('leaves it to the stream while there is one', () => {
    const schedule = new PollSchedule()
    schedule.answered(T)
    expect(schedule.waitMs(T, true)).toBe(5 * MINUTE)
  })

  it('chases a candle that must come, but not for ever', () => {
    const schedule = new PollSchedule()
    schedule.answered(T)
    schedule.expect(T + MINUTE)
    const waits = Array.from({ length: 6 }, () => {
      schedule.answered(T)
      return schedule.waitMs(T + 2 * MINUTE, true)
    })
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 5 * MINUTE])
    schedule.expect(T + 2 * MINUTE)
    expect(schedule.waitMs(T, true)).toBe(500)
    schedule.answered(T + 2 * MINUTE)
    expect(schedule.waitMs(T, true)).toBe(5 * MINUTE)
  })

  it('does not chase what it has', () => {
    const schedule = new PollSchedule()
    schedule.answered(T)
    schedule.expect(T)
    expect(schedule.waitMs(T, true)).toBe(5 * MINUTE)
  })

  it.each([
    ['without a stream', false],
    ['with a stream', true],
  ])('makes few requests over a weekend %s, and is awake after it', (_, isStreamAlive) => {
    const schedule = new PollSchedule()
    schedule.answered(T)
    let requests = 0
    let nowMs = T + MINUTE
    const opensMs = T + 49 * 60 * MINUTE
    while (nowMs < opensMs) {
      schedule.answered(T)
      const waitMs = schedule.waitMs(nowMs, isStreamAlive)
      expect(waitMs).toBeLessThanOrEqual(15 * MINUTE)
      expect(waitMs).toBeGreaterThanOrEqual(2_000)
      nowMs += waitMs
      requests += 1
    }
    expect(requests).toBeLessThan(230)
    schedule.answered(opensMs)
    expect(schedule.waitMs(opensMs + MINUTE, false)).toBe(62_000)
  })
})

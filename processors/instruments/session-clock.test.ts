import { describe, expect, it } from 'vitest'
import { SessionClock } from './session-clock.ts'

const next = (zone: string, start: string, time: string): string =>
  new Date(new SessionClock(zone, start).nextStartMs(Date.parse(time))).toISOString().slice(0, 16)

describe('session clock', () => {
  it.each([
    ['before the start of the day', '2025-01-06T21:59Z', '2025-01-06T22:00'],
    ['at the start: the next one', '2025-01-06T22:00Z', '2025-01-07T22:00'],
    ['in summer', '2025-07-01T03:00Z', '2025-07-01T21:00'],
    ['over the change to summer time', '2025-03-08T22:00Z', '2025-03-09T21:00'],
    ['over the change to winter time', '2025-11-01T21:00Z', '2025-11-02T22:00'],
  ])('finds 17:00 New York %s', (_, time, wanted) =>
    expect(next('America/New_York', '17:00', time)).toBe(wanted),
  )

  it.each([
    ['a start that the clocks skip', '02:30', '2025-03-09T00:00Z', '2025-03-09T07:30'],
    ['the first of two occurrences', '01:30', '2025-11-02T00:00Z', '2025-11-02T05:30'],
    ['the day after the second occurrence', '01:30', '2025-11-02T06:30Z', '2025-11-03T06:30'],
  ])('takes %s', (_, start, time, wanted) =>
    expect(next('America/New_York', start, time)).toBe(wanted),
  )

  it('knows zones east of UTC and without whole hours', () => {
    expect(next('Asia/Tokyo', '00:00', '2025-01-06T14:59Z')).toBe('2025-01-06T15:00')
    expect(next('Asia/Kathmandu', '06:00', '2025-01-06T00:00Z')).toBe('2025-01-06T00:15')
  })

  it('refuses what is neither a zone nor a time', () => {
    expect(() => new SessionClock('Mars/Olympus', '17:00')).toThrow('IANA')
    expect(() => new SessionClock('UTC', '25:00')).toThrow('HH:MM')
  })
})

import { describe, expect, it } from 'vitest'
import { afterLook, UNKNOWN, type Reading } from './condition.ts'
import { openMinutesSince } from './open-minutes.ts'
import {
  diskReading,
  failureReading,
  lagReading,
  rateReading,
  staleReading,
  type GroupLook,
} from './readings.ts'

/** What is said after each look. */
function said(readings: readonly Reading[], looks: number): (string | undefined)[] {
  let condition = UNKNOWN
  return readings.map((reading) => {
    const after = afterLook(condition, reading, looks)
    condition = after.condition
    return after.say
  })
}

describe('a condition', () => {
  it('fires after so many bad looks in a row, once, and ends with a good one, once', () => {
    expect(said(['bad', 'bad', 'bad', 'between', 'bad', 'bad', 'good', 'good', 'bad'], 2)).toEqual([
      undefined,
      'firing',
      undefined,
      undefined,
      undefined,
      undefined,
      'resolved',
      undefined,
      undefined,
    ])
  })

  it('is not brought up by bad looks with others between', () => {
    expect(said(['good', 'bad', 'between', 'bad', 'between', 'bad'], 2)).toEqual([
      'resolved',
      ...Array<undefined>(5).fill(undefined),
    ])
  })

  it('is stated after a start, whichever it is: who watched before may have left it firing', () => {
    expect(said(['between', 'good'], 2)).toEqual([undefined, 'resolved'])
    expect(said(['bad', 'bad'], 2)).toEqual([undefined, 'firing'])
  })
})

const look = (more: Partial<GroupLook> = {}): GroupLook => ({
  lag: 0,
  pending: false,
  committed: 100,
  members: 1,
  ...more,
})

describe('what is bad', () => {
  it('is lag above the threshold that does not shrink', () => {
    expect(lagReading(look({ lag: 101 }), undefined, 100)).toBe('bad')
    expect(lagReading(look({ lag: 1_000 }), look({ lag: 1_001 }), 100)).toBe('bad')
    expect(lagReading(look({ lag: 1_000 }), look({ lag: 1_100 }), 100)).toBe('between')
    expect(lagReading(look({ lag: 51 }), undefined, 100)).toBe('between')
    expect(lagReading(look({ lag: 50 }), undefined, 100)).toBe('good')
  })

  it('is work that nobody does, and not a group that is done or goes on', () => {
    const waits = look({ lag: 5, pending: true })
    expect(failureReading({ ...waits, members: 0 }, undefined)).toBe('bad')
    expect(failureReading(waits, look())).toBe('bad')
    expect(failureReading(waits, look({ committed: 99 }))).toBe('good')
    expect(failureReading(waits, undefined)).toBe('between')
    // Markers at the end of the log are passed by nobody.
    expect(failureReading(look({ lag: 3 }), look())).toBe('good')
    expect(failureReading(look({ members: 0 }), look())).toBe('between')
  })

  it('ends well below where it began', () => {
    expect([21, 20, 11, 10].map((rate) => rateReading(rate, 20))).toEqual([
      'bad',
      'between',
      'between',
      'good',
    ])
    expect([15, 14, 6, 5, 0].map((minutes) => staleReading(minutes, 15))).toEqual([
      'bad',
      'between',
      'between',
      'good',
      'good',
    ])
    expect([0.049, 0.05, 0.059, 0.06].map((share) => diskReading(share, 0.05))).toEqual([
      'bad',
      'between',
      'between',
      'good',
    ])
  })
})

describe('the silence of an instrument', () => {
  const anyHours = { zone: 'America/New_York', tradingHours: null }
  const newYork = {
    zone: 'America/New_York',
    tradingHours: { weekly: ['Mon-Fri 09:30-16:00'], dates: { '2025-07-04': [] } },
  }
  const since = (settings: typeof newYork | typeof anyHours, from: string, to: string) =>
    openMinutesSince(settings, Date.parse(from), Date.parse(to), 10_000)

  it('counts the minutes in which it should have traded', () => {
    expect(since(newYork, '2025-03-07T20:50Z', '2025-03-07T21:30Z')).toBe(10)
    // Over the weekend in which the clocks changed.
    expect(since(newYork, '2025-03-07T21:00Z', '2025-03-10T13:40Z')).toBe(10)
    // Over a holiday.
    expect(since(newYork, '2025-07-03T20:00Z', '2025-07-07T13:30Z')).toBe(0)
  })

  it('leaves weekends out where no hours are known', () => {
    expect(since(anyHours, '2025-03-07T20:50Z', '2025-03-09T23:05Z')).toBe(15)
    expect(since(anyHours, '2025-03-05T20:50Z', '2025-03-05T21:30Z')).toBe(40)
  })

  it('is bounded, and none before the candle', () => {
    expect(openMinutesSince(anyHours, 0, Date.parse('2025-03-05T00:00Z'), 30)).toBe(30)
    expect(openMinutesSince(newYork, 0, Date.parse('2025-03-05T00:00Z'), 30)).toBe(30)
    expect(since(anyHours, '2025-03-05T20:50Z', '2025-03-05T20:40Z')).toBe(0)
  })
})

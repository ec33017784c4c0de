import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { dateWindowFault, hoursByDay, weeklyFault, type HoursText } from './hours-text.ts'
import { TradingHours } from './trading-hours.ts'
import { ZoneClock } from './zone-clock.ts'

const MINUTE_MS = 60_000
const hoursOf = (zone: string, weekly: string[], dates: HoursText['dates'] = {}): TradingHours =>
  new TradingHours(ZoneClock.of(zone), hoursByDay({ weekly, dates }))

/** @returns how many minutes are open from one UTC time to another. */
const count = (hours: TradingHours, from: string, until: string): number =>
  hours.openMinutes(Date.parse(from), Date.parse(until), 100_000)!.length
const isOpen = (hours: TradingHours, time: string): boolean => hours.isOpen(Date.parse(time))

describe('trading hours', () => {
  const spy = hoursOf('America/New_York', ['Mon-Fri 09:30-16:00'], {
    '2025-07-03': ['09:30-13:00'],
    '2025-07-04': [],
  })

  it('are open from the start of a window to its end, exclusive, in the zone', () => {
    expect(
      ['2025-07-01T13:29Z', '2025-07-01T13:30Z', '2025-07-01T19:59Z', '2025-07-01T20:00Z'].map(
        (time) => isOpen(spy, time),
      ),
    ).toEqual([false, true, true, false])
    // Winter time.
    expect(isOpen(spy, '2025-01-06T14:30Z')).toBe(true)
    expect(isOpen(spy, '2025-01-06T14:29Z')).toBe(false)
  })

  it('know short days, holidays and weekends', () => {
    expect(count(spy, '2025-07-02T00:00Z', '2025-07-03T00:00Z')).toBe(390)
    expect(count(spy, '2025-07-03T00:00Z', '2025-07-07T00:00Z')).toBe(210)
  })

  it('run over night and over the end of the week', () => {
    const futures = hoursOf('America/Chicago', ['Sun-Thu 17:00-16:00'])
    expect(count(futures, '2025-07-06T00:00Z', '2025-07-13T00:00Z')).toBe(5 * 23 * 60)
    expect(isOpen(futures, '2025-07-11T20:59Z')).toBe(true)
    expect(isOpen(futures, '2025-07-11T21:00Z')).toBe(false)
    expect(isOpen(futures, '2025-07-13T22:00Z')).toBe(true)
    const weekend = hoursOf('UTC', ['Sun 22:00-02:00'])
    expect(isOpen(weekend, '2025-07-07T01:59Z')).toBe(true)
    expect(isOpen(weekend, '2025-07-07T02:00Z')).toBe(false)
  })

  it('follow wall-clock time through a change of the clocks', () => {
    const night = hoursOf('America/New_York', ['Mon-Sun 01:00-04:00'])
    // The hour from 02:00 is skipped in March, that from 01:00 runs twice in November.
    expect(count(night, '2025-03-09T05:00Z', '2025-03-09T12:00Z')).toBe(120)
    expect(count(night, '2025-11-02T04:00Z', '2025-11-02T12:00Z')).toBe(240)
    const lordHowe = hoursOf('Australia/Lord_Howe', ['Mon-Sun 01:00-03:00'])
    expect(count(lordHowe, '2025-10-04T12:00Z', '2025-10-04T20:00Z')).toBe(90)
    expect(count(lordHowe, '2025-04-05T12:00Z', '2025-04-05T20:00Z')).toBe(150)
  })

  it('stop counting behind the bound, and jump over years', () => {
    expect(spy.openMinutes(Date.UTC(1990, 0, 1), Date.UTC(2090, 0, 1), 360)).toBeUndefined()
    const rare = hoursOf('Asia/Kathmandu', ['Wed 10:00-10:01'])
    expect(rare.openMinutes(Date.UTC(1990, 0, 1), Date.UTC(2020, 0, 1), 10_000)).toHaveLength(1565)
  })

  it('agree minute by minute with luxon, whatever the windows', () => {
    const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
    const time = fc
      .integer({ min: 0, max: 1439 })
      .map((minute) => DateTime.fromMillis(minute * MINUTE_MS, { zone: 'UTC' }).toFormat('HH:mm'))
    const zones = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Kolkata']
    // Weeks in which clocks change somewhere.
    const starts = ['2025-03-08', '2025-03-29', '2025-04-05', '2025-10-04', '2025-11-01']
    const window = fc.tuple(fc.constantFrom(...days), time, time)
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(window, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...starts),
        (zone, windows, start) => {
          const hours = hoursOf(
            zone,
            windows.map(([day, from, until]) => `${day} ${from}-${until}`),
          )
          const fromMs = Date.parse(start)
          const wanted: number[] = []
          for (let at = fromMs; at < fromMs + 3 * 86_400_000; at += MINUTE_MS) {
            const local = DateTime.fromMillis(at, { zone })
            const clock = local.toFormat('HH:mm')
            const [today, before] = [days[local.weekday - 1], days[(local.weekday + 5) % 7]]
            const isIn = windows.some(([day, from, until]) =>
              from < until
                ? day === today && from <= clock && clock < until
                : (day === today && clock >= from) || (day === before && clock < until),
            )
            if (isIn) wanted.push(at)
          }
          expect(hours.openMinutes(fromMs, fromMs + 3 * 86_400_000, 100_000)).toEqual(wanted)
        },
      ),
      { numRuns: 25, seed: 20250309 },
    )
  })

  it.each(['Mon 09:30-16:00', 'Mon-Fri 00:00-24:00', 'Fri-Mon 22:00-06:00', 'Mon,Wed 09:00-09:00'])(
    'are written like %s',
    (text) => expect(weeklyFault(text)).toBeUndefined(),
  )
  it.each([
    ['Mon', 'is not like'],
    ['Mon 9:30-16:00', 'times from'],
    ['Mon 24:00-25:00', 'times from'],
    ['Mon 09:30-16:60', 'times from'],
    ['Moo 09:30-16:00', 'none of Mon Tue'],
    ['Mon-Wed-Fri 09:30-16:00', 'none of Mon Tue'],
  ])('are not written like %s', (text, fault) => expect(weeklyFault(text)).toContain(fault))
  it('have no overnight window on a date', () => {
    expect(dateWindowFault('09:30-13:00')).toBeUndefined()
    expect(dateWindowFault('18:00-24:00')).toBeUndefined()
    expect(dateWindowFault('22:00-06:00')).toContain('overnight')
    expect(dateWindowFault('noon')).toContain('is not like')
  })
})

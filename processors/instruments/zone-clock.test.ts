import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { ASIA, EUROPE, US } from './world-sessions.ts'
import { dayOf, hourOf, ZoneClock } from './zone-clock.ts'

const MINUTE_MS = 60_000
const rowsOf = (file: string): string[][] =>
  readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))

/** From golden/zones.csv: when the offset of a zone changed, and to what, minutes. */
const changes = new Map<string, { minute: number; offset: number }[]>()
for (const [zone, minute, offset] of rowsOf('zones.csv')) {
  if (!changes.has(zone!)) changes.set(zone!, [])
  changes.get(zone!)!.push({ minute: Number(minute), offset: Number(offset) })
}

describe('zone clock', () => {
  it.each([...changes])('knows every change of %s from 1970 to 2100', (zone, expected) => {
    const clock = ZoneClock.of(zone)
    const found = expected.map(({ minute, offset }, i) => {
      const nextMinute = expected[i + 1]?.minute ?? minute + 60
      const middle = Math.floor((minute + nextMinute) / 2)
      return [minute, middle, nextMinute - 1].map((at) => [
        clock.offsetMsAt(at * MINUTE_MS) / MINUTE_MS === offset,
        clock.steadyUntilMs(at * MINUTE_MS) <= nextMinute * MINUTE_MS || expected.length === i + 1,
      ])
    })
    expect(found.flat(2).every(Boolean)).toBe(true)
  })

  it('agrees with zoneinfo on hour, weekday and the three sessions', () => {
    const rows = rowsOf('calendar.csv')
    const found = rows.map(([minute, zone]) => {
      const timeMs = Number(minute) * MINUTE_MS
      const minuteOfWeek = ZoneClock.of(zone!).minuteOfWeek(timeMs)
      const flags = [ASIA, EUROPE, US].map((session) => Number(session.isOpen(timeMs)))
      return [minute, zone, hourOf(minuteOfWeek), dayOf(minuteOfWeek), ...flags].map(String)
    })
    expect(found).toEqual(rows)
    expect(rows.length).toBeGreaterThan(700)
  })

  it('answers by the instant alone, whatever was asked before', () => {
    const zones = [...changes.keys()]
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(fc.integer({ min: -30 * 525_600, max: 130 * 525_600 }), { maxLength: 30 }),
        (zone, minutes) => {
          const clock = ZoneClock.of(zone)
          for (const minute of minutes) {
            const timeMs = minute * MINUTE_MS
            const witness = DateTime.fromMillis(timeMs, { zone })
            const minuteOfWeek = clock.minuteOfWeek(timeMs)
            expect([hourOf(minuteOfWeek), dayOf(minuteOfWeek)]).toEqual([
              witness.hour,
              witness.weekday,
            ])
          }
        },
      ),
      { numRuns: 60, seed: 20250309 },
    )
  })

  it('refuses what is no zone', () => {
    expect(() => ZoneClock.of('Mars/Olympus')).toThrow('IANA')
  })
})

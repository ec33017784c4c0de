import { expect, it } from 'vitest'
import { faultSchedule, type Target } from './fault-schedule.ts'
import { TARGETS } from './targets.ts'

const names = TARGETS.map(({ name }) => name)

it('is the same for a seed, and another for another', () => {
  expect(faultSchedule(7, 300_000, TARGETS)).toEqual(faultSchedule(7, 300_000, TARGETS))
  expect(faultSchedule(7, 300_000, TARGETS)).not.toEqual(faultSchedule(8, 300_000, TARGETS))
})

it('hits every target before one is hit twice', () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const hit = faultSchedule(seed, 20 * 60_000, TARGETS).map(({ target }) => target)
    expect(hit.length).toBeGreaterThan(names.length)
    for (let from = 0; from + names.length <= hit.length; from += names.length)
      expect(hit.slice(from, from + names.length).sort()).toEqual([...names].sort())
  }
})

it('does every kind of every target in the end, in order of time and within its bounds', () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 50; seed += 1) {
    let before = 0
    for (const { atMs, target, kind, stallMs } of faultSchedule(seed, 600_000, TARGETS)) {
      seen.add(`${target} ${kind}`)
      expect(atMs).toBeGreaterThan(before)
      expect(atMs).toBeLessThan(600_000)
      before = atMs
      const { stallMs: bounds } = TARGETS.find(({ name }) => name === target)!
      if (kind !== 'stall') expect(stallMs).toBe(0)
      else expect(stallMs >= bounds[0] && stallMs <= bounds[1]).toBe(true)
    }
  }
  expect([...seen].sort()).toEqual(
    TARGETS.flatMap(({ name, kinds }) => kinds.map((kind) => `${name} ${kind}`)).sort(),
  )
})

it('ends where there is nothing to hit', () => {
  expect(faultSchedule(1, 60_000, [] satisfies Target[])).toEqual([])
})

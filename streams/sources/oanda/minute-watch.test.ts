import { expect, it } from 'vitest'
import { MinuteWatch } from './minute-watch.ts'

const T = Date.UTC(2026, 0, 5, 14, 30)
const price = (instrument: string, second: number) =>
  ({ kind: 'price', instrument, timeMs: T + second * 1000 }) as const
const heartbeat = (second: number) => ({ kind: 'heartbeat', timeMs: T + second * 1000 }) as const
const ended = (instrument: string, minute: number) => ({
  instrument,
  openTimeMs: T + minute * 60_000,
})

it('tells once of a minute with prices, with the first event behind it', () => {
  const watch = new MinuteWatch(['A', 'B'])
  expect(watch.take(price('A', 10))).toEqual([])
  expect(watch.take(price('A', 59.9))).toEqual([])
  expect(watch.take(price('B', 60))).toEqual([ended('A', 0)])
  expect(watch.take(heartbeat(65))).toEqual([])
  expect(watch.take(heartbeat(120))).toEqual([ended('B', 1)])
  expect(watch.take(heartbeat(180))).toEqual([])
})

it('tells of a price that comes after the clock has passed its minute', () => {
  const watch = new MinuteWatch(['A'])
  expect(watch.take(heartbeat(60))).toEqual([])
  expect(watch.take(price('A', 59.99))).toEqual([ended('A', 0)])
})

it('is silent over a weekend but for the last price that a new connection repeats', () => {
  const watch = new MinuteWatch(['A'])
  expect(watch.take(price('A', 0))).toEqual([])
  expect(watch.take(heartbeat(86_400))).toEqual([ended('A', 0)])
  for (let second = 86_405; second < 90_000; second += 5)
    expect(watch.take(heartbeat(second))).toEqual([])
})

it('does not remember instruments it was not asked for', () => {
  const watch = new MinuteWatch(['A'])
  watch.take(price('OTHER', 0))
  expect(watch.take(heartbeat(60))).toEqual([])
})

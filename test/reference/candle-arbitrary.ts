/** Made-up bars for property tests: prices from 1e-4 to 1e6, calm, wild, flat or one tick, any volume. */
import fc from 'fast-check'
import { Bar } from '../../processors/features/bar.ts'
import type { NaiveBar } from './naive-features.ts'

interface Move {
  readonly gap: number
  readonly body: number
  readonly up: number
  readonly down: number
  readonly volume: number
  readonly startsSession: boolean
}

const move: fc.Arbitrary<Move> = fc.record({
  gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })),
  body: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -5, max: 5 }),
    fc.integer({ min: -400, max: 400 }),
  ),
  up: fc.integer({ min: 0, max: 3 }),
  down: fc.integer({ min: 0, max: 3 }),
  volume: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 1000 }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
  ),
  startsSession: fc.boolean(),
})

/** @param lengths fewest and most bars. */
export function barsArbitrary(lengths: { min: number; max: number }): fc.Arbitrary<NaiveBar[]> {
  return fc
    .record({
      start: fc.constantFrom(1e-4, 0.37, 1, 99.95, 5_000, 1e6),
      tick: fc.constantFrom(1e-7, 1e-5, 1e-3),
      stillness: fc.constantFrom(0, 0.5, 0.95),
      volumes: fc.constantFrom('known', 'unknown', 'zero'),
      moves: fc.array(fc.tuple(move, fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: lengths.min,
        maxLength: lengths.max,
      }),
    })
    .map(({ start, tick, stillness, volumes, moves }) => {
      let close = start
      return moves.map(([given, chance], i) => {
        const still = chance < stillness
        const step = (ticks: number): number => (still ? 0 : ticks * tick)
        const open = close * (1 + step(given.gap))
        close = open * (1 + step(given.body))
        const high = Math.max(open, close) * (1 + step(given.up))
        const low = Math.min(open, close) * (1 - step(given.down))
        const volume = volumes === 'unknown' ? NaN : volumes === 'zero' || still ? 0 : given.volume
        const startsSession = i === 0 || given.startsSession
        return { open, high, low, close, volume, startsSession, ...quotesOf(given, close, tick) }
      })
    })
}

/** Quotes are missing, one-sided, crossed or empty now and then. */
function quotesOf({ up, down, body }: Move, close: number, tick: number) {
  const has = (chance: number): boolean => (body + up) % chance !== 0
  return {
    bidClose: has(7) ? close * (1 - down * tick) : NaN,
    askClose: has(5) ? close * (1 + up * tick) : NaN,
    bidSize: has(3) ? down * 100 : NaN,
    askSize: has(4) ? up * 100 : NaN,
  }
}

const OPEN_MS = Date.UTC(2025, 0, 6)

/** A bar as the engine takes it; one minute after the other, none filled. */
export function engineBar(given: NaiveBar, index: number): Bar {
  const bar = new Bar()
  Object.assign(bar, { ...given, openTimeMs: OPEN_MS + index * 60_000 })
  Object.assign(bar, {
    isBackfilled: 0,
    hasOriginal30To60: 0,
    hasOriginal30To360: 0,
    startsSession: Number(given.startsSession),
  })
  return bar
}

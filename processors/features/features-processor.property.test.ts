/** Whatever comes, whenever the processor dies: the published bytes are the same and hold no NaN. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { deadLettersTopic, featuresTopic } from '../../streams/topics.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import { featuresProcessor, type FeaturesState } from './features-processor.ts'
import { everyInstrument } from '../instruments/instruments.ts'

const SEED = 20250307
const START_MS = Date.UTC(2025, 2, 9, 4, 0)
const settings = everyInstrument({
  maxFillMinutes: 20,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})

const price = fc.constantFrom(1e-4, 0.5, 100, 100.05, 99.95, 1e6)
const quantity = fc.oneof(fc.constant(null), fc.constantFrom(0, 1, 250.5, 5e-324, 1e300, NaN, -1))
const quote = fc.constantFrom(null, 99, 101, 0, NaN)

/** Mostly the next minutes, sometimes a gap, a repetition or a step back; sometimes an impossible candle. */
const candles: fc.Arbitrary<Candle[]> = fc
  .array(
    fc.record({
      instrument: fc.constantFrom('A', 'B'),
      minutes: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: -3, max: 40 })),
      prices: fc.tuple(price, price, price, price),
      sorted: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
      volume: quantity,
      bid: quote,
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((moves) => {
    let minute = 0
    return moves.map(({ instrument, minutes, prices, sorted, volume, bid }) => {
      minute += minutes
      const [low, open, close, high] = sorted
        ? ([...prices].sort((a, b) => a - b) as typeof prices)
        : prices
      return {
        instrument,
        openTimeMs: START_MS + minute * 60_000,
        open,
        high,
        low,
        close,
        volume,
        bidClose: bid,
        askClose: null,
        bidSize: null,
        askSize: null,
        source: 'test',
        sourceLine: null,
      }
    })
  })

const published = (driver: TestDriver<Candle, FeaturesState>): string[] =>
  [featuresTopic, deadLettersTopic].flatMap((topic) =>
    driver.bytes(topic).map((bytes) => bytes.toString('base64')),
  )

describe('features processor', () => {
  it('publishes the same bytes wherever it is snapshotted and killed', () => {
    fc.assert(
      fc.property(candles, fc.nat(), fc.nat(), (given, a, b) => {
        const snapshotAt = Math.min(a % given.length, b % given.length)
        const crashAt = Math.max(a % given.length, b % given.length)
        const calm = new TestDriver(featuresProcessor(settings))
        const killed = new TestDriver(featuresProcessor(settings))
        given.forEach((candle, i) => {
          if (i === snapshotAt) killed.snapshot()
          if (i === crashAt) killed.crash()
          // A second time from the same snapshot: a state must not be a view of it.
          if (i === crashAt + 5) killed.crash()
          calm.send(candle)
          killed.send(candle)
        })
        expect(published(killed)).toEqual(published(calm))
      }),
      { numRuns: 40, seed: SEED },
    )
  })

  it('accounts for every candle, keeps the grid in order and lets no NaN or Infinity out', () => {
    fc.assert(
      fc.property(candles, (given) => {
        const states = new KeyedState(featuresProcessor(settings))
        let originals = 0
        let refused = 0
        const newest = new Map<string, number>()
        given.forEach((value, offset) => {
          for (const output of states.apply({
            topic: 'candles.v1',
            partition: 0,
            offset,
            value,
          })) {
            if (output.topic === deadLettersTopic) refused += 1
            if (output.topic !== featuresTopic) continue
            const vector = output.value as {
              instrument: string
              openTimeMs: number
              values: Record<string, number | null>
              recentReturns: (number | null)[]
            }
            const numbers = [...Object.values(vector.values), ...vector.recentReturns]
            expect(numbers.every((number) => number === null || Number.isFinite(number))).toBe(true)
            expect(vector.openTimeMs).toBeGreaterThan(newest.get(vector.instrument) ?? -Infinity)
            newest.set(vector.instrument, vector.openTimeMs)
            originals += vector.values['is_backfilled'] === 0 ? 1 : 0
          }
        })
        const duplicates = states.counts()['duplicates'] ?? 0
        expect(originals + refused + duplicates).toBe(given.length)
      }),
      { numRuns: 60, seed: SEED },
    )
  })
})

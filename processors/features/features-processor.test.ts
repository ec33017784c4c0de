import { describe, expect, it } from 'vitest'
import type { Candle, DeadLetter, Features } from '../../schemas/generated.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import type { Outgoing } from '../runtime/processor.ts'
import { featuresProcessor } from './features-processor.ts'
import { everyInstrument } from '../instruments/instruments.ts'

const OPEN_MS = Date.UTC(2025, 0, 6, 14, 30)
const settings = everyInstrument({
  maxFillMinutes: 5,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})

const candle = (minute: number, changed: Partial<Candle> = {}): Candle => ({
  instrument: 'TEST',
  openTimeMs: OPEN_MS + minute * 60_000,
  open: 100 + minute,
  high: 102 + minute,
  low: 99 + minute,
  close: 101 + minute,
  volume: 10,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
  ...changed,
})

/** Feeds candles and @returns the outputs of each, and what was counted. */
function run(candles: readonly Candle[]): {
  outputs: (readonly Outgoing[])[]
  counts: Record<string, number>
} {
  const states = new KeyedState(featuresProcessor(settings))
  const outputs = candles.map((value, offset) =>
    states.apply({ topic: 'candles.v1', partition: 3, offset, value }),
  )
  return { outputs, counts: states.counts() }
}

const vectors = (outputs: readonly Outgoing[]) => outputs.map(({ value }) => value as Features)
const letter = (outputs: readonly Outgoing[] | undefined) => outputs?.[0]?.value as DeadLetter

describe('features processor', () => {
  it('fills a gap before the candle that ends it, with volume 0 and the previous close', () => {
    const { outputs } = run([candle(0), candle(3)])
    const bars = vectors(outputs[1]!)
    expect(
      bars.map(({ openTimeMs, close, values }) => [
        openTimeMs,
        close,
        values.is_backfilled,
        values.volume,
      ]),
    ).toEqual([
      [OPEN_MS + 60_000, 101, 1, 0],
      [OPEN_MS + 120_000, 101, 1, 0],
      [OPEN_MS + 180_000, 104, 0, 10],
    ])
    expect(
      bars.every(({ lineage }) => lineage[0]?.fromOffset === 1 && lineage[0].partition === 3),
    ).toBe(true)
  })

  it.each([
    [5, 6],
    [6, 1],
  ])('takes a gap of %i missing minutes as %i bars', (missing, bars) => {
    const { outputs } = run([candle(0), candle(missing + 1)])
    expect(outputs[1]).toHaveLength(bars)
  })

  it('leaves the volume of a fill null where the candle before has none', () => {
    const { outputs } = run([candle(0, { volume: null }), candle(2)])
    expect(vectors(outputs[1]!).map(({ values }) => values.volume)).toEqual([null, 10])
  })

  it('ignores and counts a repeated candle, whatever its age and source', () => {
    const { outputs, counts } = run([
      candle(0),
      candle(1),
      candle(1, { source: 'again', sourceLine: 7 }),
      candle(0),
    ])
    expect(outputs.slice(2)).toEqual([[], []])
    expect(counts).toMatchObject({ taken: 2, duplicates: 2 })
  })

  it('sends a revision to the dead letters with both versions', () => {
    const { outputs } = run([candle(0), candle(1), candle(0, { close: 100.5 })])
    const { code, sourceOffset, originalBytes, conflictingBytes } = letter(outputs[2])
    expect([code, sourceOffset]).toEqual(['CANDLE_LATE', 2])
    expect((JSON.parse(originalBytes.toString()) as Candle).close).toBe(100.5)
    expect((JSON.parse(conflictingBytes!.toString()) as Candle).close).toBe(101)
  })

  it('sends a candle for a minute that was filled or passed to the dead letters', () => {
    const { outputs } = run([candle(0), candle(3), candle(2)])
    const { code, conflictingBytes } = letter(outputs[2])
    expect([code, conflictingBytes]).toEqual(['CANDLE_LATE', null])
  })

  it('sends an invalid candle to the dead letters and goes on', () => {
    const { outputs } = run([candle(0), candle(1, { high: NaN }), candle(1)])
    expect(letter(outputs[1])).toMatchObject({
      code: 'CANDLE_INVALID',
      cause: 'high NaN is not a positive finite price',
    })
    expect(outputs[2]).toHaveLength(1)
  })

  it('carries the seven newest returns, newest first', () => {
    const { outputs } = run(Array.from({ length: 9 }, (_, minute) => candle(minute)))
    expect(vectors(outputs[1]!)[0]?.recentReturns).toEqual([
      1 / 101,
      null,
      null,
      null,
      null,
      null,
      null,
    ])
    expect(vectors(outputs[8]!)[0]?.recentReturns).toEqual(
      [108, 107, 106, 105, 104, 103, 102].map((before) => 1 / before),
    )
  })

  it('has the state layout that its version stands for', () => {
    const processor = featuresProcessor(settings)
    const state = processor.initial('TEST')
    processor.step(state, { topic: 'candles.v1', partition: 0, offset: 0, value: candle(0) })
    const { memory, grid } = state
    // When this changes, raise stateVersion and write both new numbers here.
    expect([processor.stateVersion, memory.length, grid.known.rows.length]).toEqual([5, 5378, 5120])
  })
})

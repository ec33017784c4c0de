import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle, Example, Features } from '../../schemas/generated.ts'
import { examplesTopic, featuresTopic } from '../../streams/topics.ts'
import { featuresProcessor } from '../features/features-processor.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import { labelsProcessor } from './labels-processor.ts'

const START_MS = Date.UTC(2025, 0, 6, 15, 0)

const candleAt = (minute: number): Candle => ({
  instrument: 'TEST',
  openTimeMs: START_MS + minute * 60_000,
  open: 100 + minute,
  high: 100 + minute,
  low: 100 + minute,
  close: 100 + minute,
  volume: 1,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** Vectors of candles at these minutes, as the features processor publishes them. */
function vectorsAt(minutes: readonly number[], maxFillMinutes = 360): Features[] {
  const driver = new TestDriver(
    featuresProcessor(
      everyInstrument({ maxFillMinutes, sessionZone: 'UTC', sessionStart: '00:00' }),
    ),
  )
  for (const minute of minutes) driver.send(candleAt(minute))
  return driver.outputs(featuresTopic)
}

function examplesOf(vectors: readonly (Features | 'CRASH' | 'SNAPSHOT')[]): Example[] {
  const driver = new TestDriver(labelsProcessor())
  for (const input of vectors) {
    if (input === 'CRASH') driver.crash()
    else if (input === 'SNAPSHOT') driver.snapshot()
    else driver.send(input)
  }
  return driver.outputs(examplesTopic)
}

const minutes = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)
const minuteOf = (example: Example): number => (example.openTimeMs - START_MS) / 60_000

const START_MINUTES = minutes(0, 63)

describe('labels processor', () => {
  it('labels a vector when the bar 60 minutes later exists, and says which inputs made it', () => {
    const [vector] = vectorsAt(START_MINUTES)
    const examples = examplesOf(vectorsAt(START_MINUTES))
    expect(examples.map(minuteOf)).toEqual([0, 1, 2])
    const { forwardReturn30, labelTimeMs, forwardReturn60, label60TimeMs, lineage, ...head } =
      examples[0]!
    // The close rises by 1 a minute from 100 on: these are percent of 100.
    expect([forwardReturn30, forwardReturn60]).toEqual([30, 60])
    expect(labelTimeMs).toBe(START_MS + 31 * 60_000)
    expect(label60TimeMs).toBe(START_MS + 61 * 60_000)
    expect(lineage).toEqual(
      [0, 30, 60].map((offset) => ({
        topic: 'features.v1',
        partition: 0,
        fromOffset: offset,
        toOffset: offset,
      })),
    )
    expect(head).toEqual({ ...vector, lineage: undefined })
  })

  it('takes its labels from filled bars', () => {
    const examples = examplesOf(vectorsAt([0, 1, 2, 40, 62]))
    expect(
      examples.map((example) => [
        minuteOf(example),
        example.forwardReturn30,
        example.forwardReturn60,
      ]),
    ).toEqual([
      [0, 2, 40],
      [1, 100 * (1 / 101), 100 * (39 / 101)],
      [2, 0, 100 * (60 / 102)],
    ])
  })

  it('gives what has only its first label before a session break no second one', () => {
    const examples = examplesOf(vectorsAt([...minutes(0, 40), ...minutes(45, 110)], 2))
    const known = examples.map((example) => [minuteOf(example), example.forwardReturn60 !== null])
    expect(known).toEqual([
      ...minutes(0, 10).map((minute) => [minute, false]),
      ...minutes(45, 50).map((minute) => [minute, true]),
    ])
    for (const { forwardReturn30, label60TimeMs, lineage, ...example } of examples.slice(0, 10)) {
      expect(forwardReturn30).toBe(100 * (30 / example.close))
      expect([label60TimeMs, lineage.length]).toEqual([null, 2])
    }
  })

  it('publishes each example once and all that the grid can label, whatever the breaks', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(lengths, (sessions) => {
        const starts = sessions.map((_, i) =>
          sessions.slice(0, i).reduce((sum, length) => sum + length + 500, 0),
        )
        // A last bar far away, so that the last session has its break too.
        const all = sessions.flatMap((length, i) => minutes(starts[i]!, starts[i]! + length))
        const examples = examplesOf(vectorsAt([...all, all.at(-1)! + 1_000]))
        const expected = sessions.flatMap((length, i) =>
          minutes(0, Math.max(0, length - 30)).map((minute) => ({
            minute: starts[i]! + minute,
            second: minute + 60 < length,
          })),
        )
        const published = examples.map((example) => ({
          minute: minuteOf(example),
          second: example.forwardReturn60 !== null,
        }))
        expect(published).toEqual(expected)
      }),
      { numRuns: 15 },
    )
  })

  it('holds no more than 60 vectors', () => {
    const processor = labelsProcessor()
    const state = processor.initial('TEST')
    for (const [offset, value] of vectorsAt(minutes(0, 200)).entries()) {
      processor.step(state, { topic: 'features.v1', partition: 0, offset, value })
      expect(state.waiting.length).toBeLessThanOrEqual(60)
    }
  })

  it('goes on after a crash as if there had been none', () => {
    const vectors = vectorsAt([...minutes(0, 100), ...minutes(500, 600)])
    const crashed = [
      ...vectors.slice(0, 55),
      'SNAPSHOT' as const,
      ...vectors.slice(55, 75),
      'CRASH' as const,
      ...vectors.slice(75, 100),
      'CRASH' as const,
      ...vectors.slice(100),
    ]
    expect(examplesOf(crashed)).toEqual(examplesOf(vectors))
  })

  it('ignores and counts a vector that is not newer', () => {
    const processor = labelsProcessor()
    const state = processor.initial('TEST')
    const [first, second] = vectorsAt([0, 1])
    const outputs = [first!, second!, first!].flatMap((value, offset) =>
      processor.step(state, { topic: 'features.v1', partition: 0, offset, value }),
    )
    expect([outputs, state.ignored, state.waiting.length]).toEqual([[], 1, 2])
  })
})

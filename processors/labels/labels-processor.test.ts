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

describe('labels processor', () => {
  it('labels a vector when the bar 30 minutes later exists, and says which inputs made it', () => {
    const [vector] = vectorsAt(minutes(0, 33))
    const examples = examplesOf(vectorsAt(minutes(0, 33)))
    expect(examples.map(minuteOf)).toEqual([0, 1, 2])
    const { forwardReturn30, labelTimeMs, lineage, ...head } = examples[0]!
    expect(forwardReturn30).toBe(30)
    expect(labelTimeMs).toBe(START_MS + 31 * 60_000)
    expect(lineage).toEqual(
      [0, 30].map((offset) => ({
        topic: 'features.v1',
        partition: 0,
        fromOffset: offset,
        toOffset: offset,
      })),
    )
    expect(head).toEqual({ ...vector, lineage: undefined })
  })

  it('takes its label from a filled bar', () => {
    const examples = examplesOf(vectorsAt([0, 1, 2, 40]))
    expect(examples.map((example) => [minuteOf(example), example.forwardReturn30])).toContainEqual([
      2, 0,
    ])
  })

  it('never labels across a session break, however short', () => {
    const examples = examplesOf(vectorsAt([...minutes(0, 40), ...minutes(45, 80)], 2))
    expect(examples.map(minuteOf)).toEqual([...minutes(0, 10), ...minutes(45, 50)])
  })

  it('goes on after a crash as if there had been none', () => {
    const vectors = vectorsAt(minutes(0, 70))
    const crashed = [
      ...vectors.slice(0, 25),
      'SNAPSHOT' as const,
      ...vectors.slice(25, 45),
      'CRASH' as const,
      ...vectors.slice(45),
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

import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Features, ModelQuality, Outcome, Prediction } from '../../schemas/generated.ts'
import { alertsTopic, modelQualityTopic, outcomesTopic } from '../../streams/topics.ts'
import { testPrediction } from '../../test/support/predictions.ts'
import { testVector } from '../../test/support/vectors.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import { outcomesProcessor } from './outcomes-processor.ts'

const SETTINGS = { ratio: 1.2, windowMinutes: 1_440 }
const MINUTE_MS = 60_000
const GOLDEN = join(import.meta.dirname, 'golden')

const newDriver = (settings = SETTINGS) => new TestDriver(outcomesProcessor(settings))
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

interface Event {
  readonly vector: Features
  readonly predictions?: readonly Partial<Prediction>[]
}

/** Puts all vectors on their topic, then the predictions, as a scorer that lags would. */
function run(events: readonly Event[], driver = newDriver()): Outcome[] {
  events.forEach(({ vector }) => driver.sendSide(vector))
  events.forEach(({ vector, predictions = [{}] }, offset) => {
    for (const each of predictions) driver.send(testPrediction(vector, offset, each))
  })
  return driver.outputs(outcomesTopic)
}

const at = (minutes: readonly number[], instrument = 'A'): Event[] =>
  minutes.map((minute) => ({ vector: testVector(instrument, minute) }))
const minuteOf = ({ openTimeMs }: Outcome) => openTimeMs / MINUTE_MS

describe('outcomes', () => {
  it('come with the bar at the target time, and say which inputs made them', () => {
    const outcomes = run(at(range(0, 33)))
    expect(outcomes.map(minuteOf)).toEqual([0, 1, 2])
    expect(outcomes[0]).toMatchObject({
      predictionId: 'A@0@forward_return_30/1.0.0',
      status: 'realized',
      realizedReturn: 3.25,
      realizedClose: testVector('A', 30).close,
      eventTimeMs: 31 * MINUTE_MS,
      targetTimeMs: 31 * MINUTE_MS,
      lineage: [
        { topic: 'predictions.v1', fromOffset: 0 },
        { topic: 'features.v1', fromOffset: 30 },
      ],
    })
  })

  it('are unknowable where the grid breaks, and never made up', () => {
    const outcomes = run(at([...range(0, 40), ...range(100, 131)]))
    const status = (minute: number) => outcomes.find((each) => minuteOf(each) === minute)?.status
    expect(range(0, 10).map(status)).toEqual(Array(10).fill('realized'))
    expect(range(10, 40).map(status)).toEqual(Array(30).fill('unknowable'))
    expect(outcomes.find((each) => minuteOf(each) === 39)).toMatchObject({
      realizedReturn: null,
      realizedClose: null,
      eventTimeMs: 101 * MINUTE_MS,
    })
    expect(status(100)).toBe('realized')
  })

  it('keep horizons, roles and models apart', () => {
    const predictions = [
      { role: 'champion' },
      { modelName: 'forward_return_60', horizonMinutes: 60, role: 'shadow' },
      {
        modelName: 'direction_30',
        objective: 'classification',
        probability: 0.6,
        predictedReturn: 0,
      },
    ]
    const outcomes = run(at(range(0, 62)).map((event) => ({ ...event, predictions })))
    const count = (name: string) => outcomes.filter(({ modelName }) => modelName === name).length
    expect(['forward_return_30', 'forward_return_60', 'direction_30'].map(count)).toEqual([
      32, 2, 32,
    ])
    expect(outcomes.find(({ modelName }) => modelName === 'forward_return_60')).toMatchObject({
      role: 'shadow',
      realizedReturn: 2.25,
    })
  })

  it('come at once for a prediction that is late', () => {
    const driver = newDriver()
    const vectors = range(0, 300).map((minute) => testVector('A', minute))
    vectors.forEach((vector) => driver.sendSide(vector))
    driver.send(testPrediction(vectors[299]!, 299))
    driver.send(testPrediction(vectors[200]!, 200, { modelVersion: '0.9.0' }))
    expect(driver.outputs(outcomesTopic)).toMatchObject([
      { openTimeMs: 200 * MINUTE_MS, status: 'realized' },
    ])
  })

  it('see no vector behind the one that the newest prediction was made of', () => {
    const driver = newDriver()
    const vectors = range(0, 100).map((minute) => testVector('A', minute))
    vectors.forEach((vector) => driver.sendSide(vector))
    vectors.slice(0, 30).forEach((vector, offset) => driver.send(testPrediction(vector, offset)))
    expect(driver.outputs(outcomesTopic)).toEqual([])
    driver.send(testPrediction(vectors[30]!, 30))
    expect(driver.outputs(outcomesTopic).map(minuteOf)).toEqual([0])
  })

  it('are one for each prediction that was told twice, and none for what is no number', () => {
    const twice = [{}, {}, { modelVersion: '1.1.0', predictedReturn: NaN }]
    const outcomes = run(at(range(0, 31)).map((event) => ({ ...event, predictions: twice })))
    expect(outcomes.map(minuteOf)).toEqual([0])
  })

  it('never wait without bound', () => {
    const driver = newDriver()
    // Nobody has vectors of B.
    for (const minute of range(0, 1_028))
      driver.send(testPrediction(testVector('B', minute), 0, { lineage: [] }))
    expect(driver.outputs(outcomesTopic)).toMatchObject(
      range(0, 4).map((minute) => ({ openTimeMs: minute * MINUTE_MS, status: 'forgotten' })),
    )
  })

  it('are the same bytes however often the processor crashes', () => {
    const minutes = [...range(0, 50), ...range(80, 130)]
    const events = at(minutes).flatMap((event, index) =>
      index % 3 === 0 ? [event, { vector: testVector('B', minutes[index]!) }] : [event],
    )
    const action = fc.constantFrom('send', 'send', 'send', 'send', 'snapshot', 'crash')
    fc.assert(
      fc.property(fc.array(action, { minLength: 100, maxLength: 250 }), (actions) => {
        const [disturbed, quiet] = [newDriver(), newDriver()]
        for (const driver of [disturbed, quiet])
          events.forEach(({ vector }) => driver.sendSide(vector))
        let next = 0
        for (const each of actions) {
          if (each === 'snapshot') disturbed.snapshot()
          else if (each === 'crash') disturbed.crash()
          else if (next < events.length) {
            for (const driver of [disturbed, quiet])
              driver.send(testPrediction(events[next]!.vector, next))
            next += 1
          }
        }
        for (const topic of [outcomesTopic, modelQualityTopic, alertsTopic])
          expect(disturbed.bytes(topic)).toEqual(quiet.bytes(topic))
      }),
      { numRuns: 12 },
    )
  })
})

type Row = Readonly<Record<string, number>>

function readRows(file: string): Row[] {
  const [head, ...lines] = readFileSync(join(GOLDEN, file), 'utf8').trim().split('\n')
  const names = head!.split(',')
  return lines.map((line) =>
    Object.fromEntries(
      line.split(',').map((text, at) => [names[at]!, text === '' ? NaN : Number(text)]),
    ),
  )
}

describe('rolling quality', () => {
  it('is what pandas and scikit-learn say of the same outcomes', () => {
    const driver = newDriver()
    const start = Date.UTC(2025, 0, 6, 14, 30) / MINUTE_MS
    run(
      readRows('quality-input.csv').map((row) => ({
        vector: testVector('A', start + row['minute']!, { close: row['close']! }),
        predictions: [
          {
            predictedReturn: row['predicted']!,
            probability: row['probability']!,
            intervalLow: Number.isNaN(row['low']) ? null : row['low']!,
            intervalHigh: Number.isNaN(row['high']) ? null : row['high']!,
            intervalCoverage: Number.isNaN(row['low']) ? null : 0.9,
          },
        ],
      })),
      driver,
    )
    const published = new Map(
      driver
        .outputs(modelQualityTopic)
        .map((quality) => [`${quality.eventTimeMs}/${quality.windowMinutes}`, quality]),
    )
    let compared = 0
    for (const { eventTimeMs, windowMinutes, ...wanted } of readRows('quality-expected.csv')) {
      const quality = published.get(`${eventTimeMs}/${windowMinutes}`)
      if (quality === undefined) continue
      compared += 1
      for (const [name, value] of Object.entries(wanted)) {
        const actual = quality[name as keyof ModelQuality] as number | null
        if (Number.isNaN(value)) expect(actual, name).toBeNull()
        else expect(Math.abs(actual! - value), `${name} at ${eventTimeMs}`).toBeLessThan(1e-9)
      }
    }
    expect(compared).toBeGreaterThan(500)
  })

  it('counts what cannot be known apart', () => {
    const driver = newDriver()
    run(at([...range(0, 70), ...range(200, 240)]), driver)
    expect(driver.outputs(modelQualityTopic).at(-1)).toMatchObject({
      outcomes: 50,
      unknowable: 30,
    })
  })

  it('raises degradation once, and resolves it with hysteresis', () => {
    const driver = newDriver({ ratio: 1.2, windowMinutes: 1_440 })
    // Calm, wild for some hours, calm again for more than a day.
    const size = (minute: number) => (minute >= 300 && minute < 600 ? 3 : 1)
    const events = range(0, 2_200).map((minute) => ({
      vector: testVector('A', minute, {
        close: 100 + 0.1 * size(minute) * (Math.floor(minute / 30) % 2),
      }),
      predictions: [{ testError: 0.1, predictedReturn: 0 }],
    }))
    run(events, driver)
    const alerts = driver.outputs(alertsTopic)
    expect(alerts.map(({ state }) => state)).toEqual(['firing', 'resolved'])
    expect(alerts[0]).toMatchObject({
      kind: 'degradation',
      subject: 'A',
      threshold: 0.12,
      labels: { model: 'forward_return_30', version: '1.0.0', role: 'champion' },
    })
    expect(alerts[0]!.message).toMatch(/from its test \(0\.1000\); the zero forecast had 0\.1/)
    expect(alerts[1]!.fingerprint).toBe(alerts[0]!.fingerprint)
  })

  it('resolves the alert of a version that predicts no more', () => {
    const driver = newDriver()
    const events = range(0, 4_000).map((minute) => ({
      vector: testVector('A', minute),
      predictions: [
        { testError: minute < 500 ? 0.001 : 9, modelVersion: minute < 500 ? '1' : '2' },
      ],
    }))
    run(events, driver)
    expect(
      driver.outputs(alertsTopic).map(({ state, labels }) => [state, labels['version']]),
    ).toEqual([
      ['firing', '1'],
      ['resolved', '1'],
    ])
  })
})

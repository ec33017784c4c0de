import { describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf, give, type Cast } from '../../test/support/fleet-of.ts'
import { until } from '../../test/support/kafka-client.ts'
import {
  COLUMNS,
  MODEL,
  publishedModel,
  type PublishedModel,
} from '../../test/support/published-model.ts'
import { testOutcome } from '../../test/support/test-outcome.ts'
import { testQuality } from '../../test/support/test-quality.ts'
import { testRow, testVector } from '../../test/support/vectors.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features, Prediction } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { ServingMetrics } from '../metrics.ts'
import { trainingRanges } from '../models/training-ranges.ts'
import { trafficPoint } from '../models/traffic-split.ts'
import { scorer } from './scorer.ts'

const INSTRUMENT = 'SPX500_USD'
const published = publishedModel(2, { trainedUntilMs: 100 * 60_000 })

const incoming = (value: Features, offset: number): Incoming<Features> => ({
  topic: 'features.v1',
  partition: 3,
  offset,
  value,
})
const batch = (from: number, to: number): Incoming<Features>[] =>
  Array.from({ length: to - from }, (_, index) =>
    incoming(testVector(INSTRUMENT, from + index), 1_000 + from + index),
  )

function setUp(...casts: readonly Cast[]) {
  const metrics = new ServingMetrics()
  const fleet = fleetOf(...casts)
  const logger = pino({ level: 'silent' })
  const { errors, quality } = testQuality()
  const work = scorer({ fleet, metrics, logger, errors, quality, recoveryWaitMs: 50 })
  /** Over all models, by reason. */
  const skipped = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const { labels, value } of (await metrics.skipped.get()).values) {
      const reason = String(labels['reason'])
      counts[reason] = (counts[reason] ?? 0) + value
    }
    return counts
  }
  const score = async (records: readonly Incoming<Features>[]) =>
    (await work.handle(records)).map(({ value }) => value as Prediction)
  return { fleet, metrics, errors, score, skipped }
}

describe('the scorer', () => {
  it('scores in calls of at most 256 rows and says where each vector lies', async () => {
    const model = fakeModel(published)
    const { score, skipped } = setUp({ model })
    const predictions = await score(batch(100, 700))
    expect(model.calls).toEqual([256, 256, 88])
    expect(predictions.map(({ predictedReturn }) => predictedReturn)).toEqual(
      Array.from({ length: 600 }, (_, index) => published.expected(testRow(100 + index))),
    )
    expect(predictions[0]).toEqual({
      predictionId: `${INSTRUMENT}@6000000@forward_return_30/1.2.0`,
      instrument: INSTRUMENT,
      openTimeMs: 6_000_000,
      eventTimeMs: 6_060_000,
      modelName: 'forward_return_30',
      modelVersion: '1.2.0',
      modelSha256: published.version.artifactSha256,
      role: 'champion',
      featureSetFingerprint: testVector(INSTRUMENT, 100).featureSetFingerprint,
      horizonMinutes: 30,
      targetTimeMs: 7_860_000,
      predictedReturn: published.expected(testRow(100)),
      referenceClose: testVector(INSTRUMENT, 100).close,
      featuresMissing: 0,
      lineage: [{ topic: 'features.v1', partition: 3, fromOffset: 1_100, toOffset: 1_100 }],
      ...UNQUALIFIED,
      testError: 0.11,
    })
    expect(await skipped()).toEqual({})
  })

  it('scores nothing the model has seen, no foreign vector, and no number that is none', async () => {
    const { score, skipped } = setUp({ model: fakeModel(published) })
    const foreign = incoming(testVector(INSTRUMENT, 500, { featureSetFingerprint: 'ab' }), 1)
    const unknown = incoming(testVector('XAU_USD', 500), 2)
    const { values } = testVector(INSTRUMENT, 500)
    const hole = incoming(testVector(INSTRUMENT, 500, { values: { ...values, return_1: null } }), 3)
    const predictions = await score([...batch(95, 105), foreign, unknown, hole])
    expect(predictions.map(({ eventTimeMs }) => eventTimeMs / 60_000)).toEqual([
      101, 102, 103, 104, 105,
    ])
    expect(await skipped()).toEqual({ in_sample: 5, feature_set: 1, instrument: 1, not_finite: 1 })
  })

  it('counts what passes while there is no model', async () => {
    const { score, skipped } = setUp()
    expect(await score(batch(0, 7))).toEqual([])
    expect(await skipped()).toEqual({ no_model: 7 })
  })

  it('scores each vector once by every version that has a role, whatever its name', async () => {
    const shadow = publishedModel(3, { trainedUntilMs: 102 * 60_000 })
    const longer = publishedModel(4, { modelName: 'forward_return_60', horizonMinutes: 60 })
    const { score, skipped } = setUp(
      { model: fakeModel(published) },
      { model: fakeModel(shadow), role: 'shadow' },
      { model: fakeModel(longer), role: 'shadow' },
    )
    const predictions = await score(batch(99, 105))
    const said = predictions.map(
      ({ modelName, modelVersion, role, isAnswer, eventTimeMs, targetTimeMs, predictedReturn }) => {
        const bar = eventTimeMs / 60_000
        const ahead = (targetTimeMs - eventTimeMs) / 60_000
        return [modelName, modelVersion, role, isAnswer, bar, ahead, predictedReturn]
      },
    )
    const expected = (model: PublishedModel, from: number, tail: [string, boolean, number]) =>
      Array.from({ length: 106 - from }, (_, index) => {
        const bar = from + index
        const { modelName, version } = model.version
        const answer = model.expected(testRow(bar - 1))
        return [modelName, version, tail[0], tail[1], bar, tail[2], answer]
      })
    expect(said).toEqual([
      ...expected(published, 101, ['champion', true, 30]),
      ...expected(shadow, 103, ['shadow', false, 30]),
      // Nobody else is there: it answers, though it is a shadow.
      ...expected(longer, 100, ['shadow', true, 60]),
    ])
    expect(new Set(predictions.map(({ predictionId }) => predictionId)).size).toBe(said.length)
    expect(await skipped()).toEqual({ in_sample: 1 + 3 })
  })

  it('scores a version once that has two roles', async () => {
    const model = fakeModel(published)
    const { score } = setUp({ model }, { model, role: 'shadow' })
    expect((await score(batch(200, 203))).map(({ role }) => role)).toEqual(
      Array<string>(3).fill('champion'),
    )
  })

  it('says with which version the routing answers, by instrument', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `INSTRUMENT_${n}`)
    const both = { instruments: names, trainedUntilMs: 0 }
    const [a, b] = [publishedModel(0, both), publishedModel(1, both)]
    const { score } = setUp(
      { model: fakeModel(a) },
      { model: fakeModel(b), role: 'challenger', weight: 0.3 },
    )
    const vectors = names.map((name, n) => incoming(testVector(name, 100), n))
    const answers = (await score(vectors)).filter(({ isAnswer }) => isAnswer)
    expect(answers.map(({ instrument }) => instrument).sort()).toEqual([...names].sort())
    for (const { instrument, role } of answers)
      expect(role).toBe(trafficPoint(MODEL, instrument) < 0.3 ? 'challenger' : 'champion')
    expect(new Set(answers.map(({ role }) => role)).size).toBe(2)
  })

  it('gives the probability of a classification, and none that is none', async () => {
    const up = publishedModel(0, { modelName: 'direction_30', objective: 'classification' })
    const model = fakeModel(up, (_, rows) =>
      Promise.resolve(
        Float64Array.from({ length: rows }, (_, row) => [0.8, 0.25, 1.2][row] ?? NaN),
      ),
    )
    const { score, skipped } = setUp({ model })
    expect(await score(batch(100, 103))).toMatchObject([
      { objective: 'classification', predictedReturn: 0, probability: 0.8, confidence: 0.8 },
      { predictedReturn: 0, probability: 0.25, confidence: 0.75, signalStrength: -0.5 },
    ])
    expect(await skipped()).toEqual({ not_finite: 1 })
  })

  it('waits for a model that died and comes back, instead of skipping', async () => {
    const model = fakeModel(published)
    const { fleet, score, skipped } = setUp({ model })
    model.die(new Error('abort'))
    await until('the death to be known', () => fleet.isRecovering())
    const scored = score(batch(200, 210))
    give(fleet, [{ model: fakeModel(published) }])
    expect((await scored).length).toBe(10)
    expect(await skipped()).toEqual({})
  })

  it('has the batch come again while the only model does not come back', async () => {
    const model = fakeModel(published)
    const { fleet, score } = setUp({ model })
    model.die(new Error('abort'))
    await until('the death to be known', () => fleet.isRecovering())
    await expect(score(batch(200, 210))).rejects.toMatchObject({ retryable: true })
  })

  it('goes on without a model that does not come back, and counts what it misses', async () => {
    const dying = fakeModel(publishedModel(5, { modelName: 'direction_60' }))
    const { fleet, score, skipped } = setUp({ model: fakeModel(published) }, { model: dying })
    dying.die(new Error('abort'))
    await until('the death to be known', () => fleet.isRecovering())
    expect((await score(batch(200, 210))).length).toBe(10)
    expect(await skipped()).toEqual({ model_down: 10 })
  })

  it('fails the batch with a retryable error when the champion fails under it', async () => {
    const failing = fakeModel(published, () =>
      Promise.reject(new CandlewireError('MODEL_FAILED', 'dead')),
    )
    const { score } = setUp({ model: failing })
    await expect(score(batch(200, 210))).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      retryable: true,
    })
  })

  it('passes over what a shadow that lives cannot score; the champion goes on', async () => {
    const failing = fakeModel(publishedModel(3), () =>
      Promise.reject(new CandlewireError('MODEL_FAILED', 'cannot score: shape')),
    )
    const { metrics, score, skipped } = setUp(
      { model: fakeModel(published) },
      { model: failing, role: 'shadow' },
    )
    const predictions = await score(batch(200, 210))
    expect(predictions.map(({ role }) => role)).toEqual(Array<string>(10).fill('champion'))
    expect(await skipped()).toEqual({ model_failed: 10 })
    expect((await metrics.scoreFailures.get()).values).toMatchObject([
      { value: 1, labels: { role: 'shadow', version: '1.3.0' } },
    ])
  })

  it('keeps every model of a batch open until the batch is scored', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = fakeModel(published, (_, rows) => held.then(() => new Float64Array(rows)))
    const shadow = fakeModel(publishedModel(3))
    const { fleet, score } = setUp({ model: slow }, { model: shadow, role: 'shadow' })
    const scored = score(batch(200, 210))
    await until('the champion to be asked', () => slow.calls.length === 1)
    await new Promise(setImmediate)
    fleet.apply([])
    expect([fleet.size, shadow.closed()]).toEqual([0, false])
    release()
    expect((await scored).length).toBe(20)
    await until('both to be closed', () => slow.closed() && shadow.closed())
  })

  it('gives an interval from the errors that were known by then, and says which', async () => {
    const { errors, score } = setUp({ model: fakeModel(published) })
    const { modelName, version: modelVersion } = published.version
    for (let n = 0; n < 300; n += 1) {
      const realizedReturn = n % 2 === 0 ? 1 : -1
      const outcome = { modelName, modelVersion, instrument: INSTRUMENT, predictedReturn: 0 }
      errors.add(testOutcome({ ...outcome, realizedReturn, eventTimeMs: (n + 1) * 60_000 }), {
        partition: 3,
        offset: 5_000 + n,
      })
    }
    // At bar 150 half of them were known, which is too few; at bar 249 the first 250 were.
    const [early, late] = await score([batch(150, 151), batch(249, 250)].flat())
    expect(early).toMatchObject({ intervalLow: null, intervalOutcomes: 0, probability: null })
    const predicted = published.expected(testRow(249))
    expect(late).toMatchObject({
      predictedReturn: predicted,
      intervalLow: predicted - 1,
      intervalHigh: predicted + 1,
      intervalCoverage: 0.9,
      intervalOutcomes: 250,
      signalStrength: Math.min(1, Math.max(-1, predicted)),
      lineage: [
        { topic: 'features.v1', fromOffset: 1_249, toOffset: 1_249 },
        { topic: 'outcomes.v1', partition: 3, fromOffset: 5_000, toOffset: 5_249 },
      ],
    })
  })

  it('abstains where the newest candle is old, where inputs are missing and where they are new', async () => {
    const rows = 100
    const ranges = trainingRanges({
      columns: COLUMNS,
      rows,
      values: new Float32Array(3 * rows).map((_, at) => (at % rows) / 10),
      predictions: new Float64Array(rows),
      labels: new Float64Array(rows),
      eventTimeMs: new Float64Array(rows),
      calibration: {},
    })
    const answer = (_: Float32Array, count: number) => Promise.resolve(new Float64Array(count))
    const model = Object.assign(fakeModel(published, answer), { ranges })
    const { score } = setUp({ model })
    const vector = (bar: number, change: Partial<Features['values']>, recent = [0.5, 1]) => {
      const { values } = testVector(INSTRUMENT, bar)
      const overrides = { values: { ...values, ...change }, recentReturns: recent }
      return incoming(testVector(INSTRUMENT, bar, overrides), bar)
    }
    const said = await score([
      vector(200, { is_backfilled: 1 }),
      vector(201, { is_backfilled: 0 }),
      vector(206, { is_backfilled: 1 }),
      vector(207, { is_backfilled: 1 }),
      vector(208, { return_1: null, close_vwap_ratio: null }),
      vector(209, { return_1: 10, close_vwap_ratio: -0.1 }),
      vector(210, { return_1: 9.9, close_vwap_ratio: 0 }),
    ])
    expect(said.map((each) => [each.featureAgeMs, each.abstainReason])).toEqual([
      [null, null],
      [0, null],
      [300_000, null],
      [360_000, 'stale_features'],
      [null, 'missing_inputs'],
      [null, 'novel_inputs'],
      [null, null],
    ])
    expect(said.map(({ signalStrength }) => signalStrength)).toEqual([
      null,
      null,
      null,
      0,
      0,
      0,
      null,
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { COLUMNS, publishedModel } from '../../test/support/published-model.ts'
import { testRow, testVector } from '../../test/support/vectors.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features, Prediction } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { ServingMetrics } from '../metrics.ts'
import { ModelSlot } from '../models/model-slot.ts'
import type { ScoringModel } from '../models/scoring-model.ts'
import { scorer } from './scorer.ts'

const INSTRUMENT = 'SPX500_USD'
const published = publishedModel(2, { trainedUntilMs: 100 * 60_000 })

const modelOf = (calls: number[], score?: ScoringModel['score']): ScoringModel => ({
  version: published.version,
  score:
    score ??
    ((matrix, rows) => {
      calls.push(rows)
      return Promise.resolve(
        Float64Array.from({ length: rows }, (_, row) =>
          published.expected([
            ...matrix.subarray(row * COLUMNS.length, (row + 1) * COLUMNS.length),
          ]),
        ),
      )
    }),
  close: () => Promise.resolve(),
  died: new Promise(() => undefined),
})

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

async function setUp(model?: ScoringModel) {
  const metrics = new ServingMetrics()
  const slot = new ModelSlot(() => undefined)
  if (model !== undefined) await slot.swap(model)
  const work = scorer(slot, metrics)
  const skipped = async () =>
    Object.fromEntries(
      (await metrics.skipped.get()).values.map(({ labels, value }) => [
        String(labels['reason']),
        value,
      ]),
    )
  const score = async (records: readonly Incoming<Features>[]) =>
    (await work.handle(records)).map(({ value }) => value as Prediction)
  return { slot, metrics, score, skipped }
}

describe('the scorer', () => {
  it('scores in calls of at most 256 rows and says where each vector lies', async () => {
    const calls: number[] = []
    const { score, skipped } = await setUp(modelOf(calls))
    const predictions = await score(batch(100, 700))
    expect(calls).toEqual([256, 256, 88])
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
    const { score, skipped } = await setUp(modelOf([]))
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
    const { score, skipped } = await setUp()
    expect(await score(batch(0, 7))).toEqual([])
    expect(await skipped()).toEqual({ no_model: 7 })
  })

  it('waits for a model that died and comes back, instead of skipping', async () => {
    const { slot, score, skipped } = await setUp()
    slot.recovering = true
    const scored = score(batch(200, 210))
    await slot.swap(modelOf([]))
    expect((await scored).length).toBe(10)
    expect(await skipped()).toEqual({})
  })

  it('fails the batch with a retryable error when the model dies under it', async () => {
    const dying = modelOf([], () => Promise.reject(new CandlewireError('MODEL_FAILED', 'dead')))
    const { score } = await setUp(dying)
    await expect(score(batch(200, 210))).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      retryable: true,
    })
  })
})

import { expect, test } from 'vitest'
import { applyEntry, emptyModelRegistry } from '../processors/models/model-registry.ts'
import type { DriftSummary, ModelQuality, TrainingRun } from '../schemas/generated.ts'
import { MetricSet } from '../streams/metrics/metric-set.ts'
import { publishedModel, versionEntry } from '../test/support/published-model.ts'
import { sampleRecord } from '../test/support/sample-record.ts'
import { ModelGauges } from './monitoring-feed.ts'

const sample = <Value>(file: string, changes: Partial<Value>): Value =>
  ({ ...sampleRecord(file, { timeMs: 1_700_000_040_000, seed: 1 }), ...changes }) as Value
const drift = (changes: Partial<DriftSummary>) => sample('drift-summary.avsc', changes)
const quality = (changes: Partial<ModelQuality>) => sample('model-quality.avsc', changes)
const run = (changes: Partial<TrainingRun>) => sample('training-run.avsc', changes)

function setUp() {
  const set = new MetricSet()
  const registry = emptyModelRegistry()
  const gauges = new ModelGauges(set, () => registry)
  /** Value of a series by its beginning; undefined if there is none. */
  const valueOf = async (series: string) => {
    const line = (await set.render()).split('\n').find((each) => each.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  return { set, registry, gauges, valueOf }
}

test('the newest verdict of an instrument counts', async () => {
  const { gauges, valueOf } = setUp()
  const of = { instrument: 'A', modelName: 'm', worstMeasure: 'psi', worstValue: 0.7 }
  gauges.drift(drift({ ...of, driftDetected: true, driftShare: 0.4, meanKs: 0.2 }))
  gauges.drift(drift({ ...of, driftDetected: false, driftShare: 0.1, meanKs: 0.05 }))
  expect(await valueOf('candlewire_drift_detected{instrument="A",model="m"}')).toBe(0)
  expect(await valueOf('candlewire_drift_share_ratio{instrument="A",model="m"}')).toBe(0.1)
  expect(await valueOf('candlewire_drift_measure{instrument="A",measure="mean_ks"}')).toBe(0.05)
  expect(await valueOf('candlewire_drift_measure{instrument="A",measure="worst_psi"}')).toBe(0.7)
})

test('at most 50 instruments have series of their own', async () => {
  const { set, gauges } = setUp()
  for (let each = 0; each < 80; each += 1) gauges.drift(drift({ instrument: `I${each}` }))
  const text = await set.render()
  expect(text.match(/^candlewire_drift_detected\{/gm)).toHaveLength(51)
  expect(text).toContain('instrument="other"')
})

test('a window that has run empty measures nothing', async () => {
  const { gauges, valueOf } = setUp()
  const of = { modelName: 'm', modelVersion: '1.0.0', instrument: 'A', windowMinutes: 1_440 }
  const labels = '{model="m",version="1.0.0",instrument="A",window="1d"}'
  gauges.quality(quality({ ...of, outcomes: 7, rmse: 0.25, zeroRmse: 0.2 }))
  expect(await valueOf(`candlewire_model_rmse${labels}`)).toBe(0.25)
  expect(await valueOf(`candlewire_model_zero_rmse${labels}`)).toBe(0.2)
  gauges.quality(quality({ ...of, outcomes: 0, rmse: null, zeroRmse: null }))
  expect(await valueOf(`candlewire_model_rmse${labels}`)).toBeUndefined()
  expect(await valueOf(`candlewire_model_outcomes${labels}`)).toBe(0)
})

test('training tells the newest run, and how long the last finished one took', async () => {
  const { gauges, valueOf } = setUp()
  expect(await valueOf('training_status')).toBe(0)
  expect(await valueOf('training_duration_seconds')).toBe(0)
  gauges.trainingRun(run({ runId: 'b', status: 'running', requestedAtMs: 20, finishedAtMs: null }))
  gauges.trainingRun(
    run({ runId: 'a', status: 'succeeded', requestedAtMs: 10, finishedAtMs: 30, seconds: 12 }),
  )
  expect(await valueOf('training_status')).toBe(1)
  expect(await valueOf('training_duration_seconds')).toBe(12)
  gauges.trainingRun(
    run({ runId: 'b', status: 'failed', requestedAtMs: 20, finishedAtMs: 40, seconds: 5 }),
  )
  expect(await valueOf('training_status')).toBe(3)
  expect(await valueOf('training_duration_seconds')).toBe(5)
})

test('what a version promised stands beside what it keeps', async () => {
  const { registry, valueOf } = setUp()
  expect(await valueOf('training_mse_last')).toBe(0)
  const { version } = publishedModel(1)
  const [metrics] = version.metrics
  if (metrics === undefined) throw new Error('The published model has no metrics')
  applyEntry(
    registry,
    versionEntry({ ...version, metrics: [{ ...metrics, split: 'test', rmse: 0.5 }] }),
  )
  const labels = `{model="${version.modelName}",version="${version.version}"}`
  expect(await valueOf(`candlewire_model_test_rmse${labels}`)).toBe(0.5)
  expect(await valueOf('training_mse_last')).toBe(0.25)
})

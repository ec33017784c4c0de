import { describe, expect, it } from 'vitest'
import { normals } from '../../test/support/autoregressive-matrix.ts'
import { testVector } from '../../test/support/vectors.ts'
import type { Features } from '../../schemas/generated.ts'
import {
  alertsTopic,
  driftSummariesTopic,
  driftTopic,
  trainingRequestsTopic,
} from '../../streams/topics.ts'
import { makeReferenceProfile } from '../models/make-reference-profile.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import { driftProcessor, REPORT_EVERY } from './drift-processor.ts'
import type { DriftSettings } from './drift-settings.ts'
import { driftReference, type DriftReference } from './reference/drift-reference.ts'

const WINDOW = 60
const COLUMNS = ['return_1', 'close_vwap_ratio', 'return_1_lag_1']
const SETTINGS: DriftSettings = {
  modelName: 'forward_return_30',
  window: WINDOW,
  mode: 'auto',
  falseAlarmsPerDay: 0.02,
  ks: 0.3,
  share: 0.3,
  missing: 0.05,
  retrain: true,
}

/** A reference of normal values about `mean`. */
function referenceAbout(mean: number, epoch: number): DriftReference {
  const normal = normals(7)
  const rows = 500
  const profile = makeReferenceProfile({
    columns: COLUMNS,
    rows,
    matrix: Float32Array.from({ length: rows * COLUMNS.length }, () => normal() + mean),
    predictions: new Float64Array(rows),
    labels: new Float64Array(rows),
    eventTimeMs: Float64Array.from({ length: rows }, (_, row) => row),
  })
  const identity = {
    epoch,
    modelName: 'forward_return_30',
    modelVersion: `1.${epoch}.0`,
    profileSha256: `digest ${epoch}`,
    profileOffset: epoch,
    instruments: ['A'],
  }
  return driftReference(identity, profile)
}

const steppedUnder = {
  latest: () => Promise.resolve(undefined),
  identityOf: (reference: DriftReference) => reference.identity,
  identityIn: (state: { reference: DriftReference['identity'] | undefined }) => state.reference,
  recall: () => Promise.reject(new Error('the driver recalls')),
}
const driverOf = (settings = SETTINGS) => new TestDriver(driftProcessor(settings, steppedUnder))

/** Vectors whose three columns are normal about a mean. */
function vectors(instrument: string, count: number, mean: number, from = 0, seed = 1): Features[] {
  const normal = normals(seed)
  return Array.from({ length: count }, (_, i) => {
    const vector = testVector(instrument, from + i)
    const recentReturns = [null, normal() + mean, null, null, null, null, null]
    const values = {
      ...vector.values,
      return_1: normal() + mean,
      close_vwap_ratio: normal() + mean,
    }
    return { ...vector, values, recentReturns }
  })
}
const all = [driftSummariesTopic, driftTopic, alertsTopic, trainingRequestsTopic]

describe('drift processor', () => {
  it('says for every vector where it stands, and every feature once an hour of vectors', () => {
    const driver = driverOf()
    driver.send(vectors('A', 1, 0)[0]!)
    driver.useContext(referenceAbout(0, 1))
    for (const vector of vectors('A', 150, 0, 1)) driver.send(vector)
    const summaries = driver.outputs(driftSummariesTopic)
    expect(summaries.length).toBe(151)
    expect([0, 1, WINDOW - 2, WINDOW - 1].map((i) => summaries[i]!.health)).toEqual([
      'no_reference',
      'warming',
      'warming',
      'healthy',
    ])
    const reported = summaries.flatMap((each, i) => (each.report === null ? [] : [i + 1]))
    expect(reported).toEqual([REPORT_EVERY, 2 * REPORT_EVERY])
    const [last] = summaries.slice(-1)
    expect(last).toMatchObject({
      modelVersion: '1.1.0',
      mode: 'thresholds',
      windowVectors: WINDOW,
      windowFromMs: (151 - WINDOW + 1) * 60_000,
      features: 3,
      driftDetected: false,
      expectedFalseAlarmsPerDay: null,
    })
    expect(last!.lineage).toEqual([
      { topic: 'features.v1', partition: 0, fromOffset: 150, toOffset: 150 },
      { topic: 'model-artifacts.v1', partition: 0, fromOffset: 1, toOffset: 1 },
    ])
    const report = summaries[2 * REPORT_EVERY - 1]!.report!
    expect(report.map((each) => each.feature)).toEqual(COLUMNS)
    for (const each of report) {
      expect(each.ks).toBeLessThan(0.3)
      expect(each.wasserstein).toBeLessThan(0.5)
      expect(each.health).toBe('unknown')
    }
    for (const { edges, reference, current } of summaries[2 * REPORT_EVERY - 1]!.movers) {
      expect([edges.length, reference.length, current.length]).toEqual([9, 10, 10])
      for (const share of reference) expect(share).toBeCloseTo(0.1, 12)
      expect(current.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    }
  })

  it('raises one alarm for one excursion, asks for training, and resolves when a window was quiet', () => {
    const driver = driverOf()
    driver.useContext(referenceAbout(0, 1))
    for (const vector of vectors('A', 100, 0)) driver.send(vector)
    expect(driver.outputs(alertsTopic)).toEqual([])
    for (const vector of vectors('A', 100, 3, 100)) driver.send(vector)
    for (const vector of vectors('A', 200, 0, 200)) driver.send(vector)
    const alerts = driver.outputs(alertsTopic)
    expect(alerts.map(({ state, subject, kind }) => [state, subject, kind])).toEqual([
      ['firing', 'A', 'drift'],
      ['resolved', 'A', 'drift'],
    ])
    expect(alerts[0]!.fingerprint).toBe(alerts[1]!.fingerprint)
    expect(alerts[0]!.message).toMatch(
      /^33.3 % of 3 features of A .* ks 0.3\d+ \(threshold 0.300\)/,
    )
    expect(alerts[0]!.message).toMatch(/no rate of false alarms is known/)
    expect(driver.outputs(trainingRequestsTopic).map((each) => each.trigger)).toEqual(['drift'])
    const changes = driver.outputs(driftTopic).filter((each) => each.measure === 'ks')
    for (const feature of COLUMNS) {
      const own = changes.filter((each) => each.feature === feature)
      expect(own[0]!.drifted).toBe(true)
      expect(own.at(-1)!.drifted).toBe(false)
    }
    expect(driver.outputs(driftSummariesTopic).at(-1)!.alarms).toBe(1)
  })

  it('measures the window it has against a new reference, and ends the alarm of the old', () => {
    const driver = driverOf()
    driver.useContext(referenceAbout(0, 1))
    for (const vector of vectors('A', 100, 3)) driver.send(vector)
    driver.useContext(referenceAbout(3, 2))
    driver.send(vectors('A', 1, 3, 100)[0]!)
    const last = driver.outputs(driftSummariesTopic).at(-1)!
    expect([last.modelVersion, last.health, last.windowVectors]).toEqual([
      '1.2.0',
      'healthy',
      WINDOW,
    ])
    const alerts = driver.outputs(alertsTopic)
    expect(alerts.map((each) => each.state)).toEqual(['firing', 'resolved'])
    expect(alerts[1]!.message).toMatch(/no longer live/)
  })

  it('publishes the same bytes however often it crashes, whatever reference was in force', () => {
    const feeds = [...vectors('A', 90, 0), ...vectors('A', 130, 2, 90)]
    const run = (isCrashing: boolean): Buffer[] => {
      const driver = driverOf()
      for (const [i, vector] of feeds.entries()) {
        if (i === 20) driver.useContext(referenceAbout(0, 1))
        if (i === 150) driver.useContext(referenceAbout(2, 2))
        if (isCrashing && i % 37 === 5) driver.snapshot()
        if (isCrashing && i % 23 === 11) driver.crash()
        driver.send(vector)
        if (i % 3 === 0) driver.send(vectors('B', 1, 0, i)[0]!)
      }
      return all.flatMap((topic) => driver.bytes(topic))
    }
    const straight = run(false)
    expect(straight.length).toBeGreaterThan(300)
    expect(run(true)).toEqual(straight)
  })

  it('has no reference for an instrument the model was not trained on, and ignores old vectors', () => {
    const driver = driverOf()
    driver.useContext(referenceAbout(0, 1))
    for (const vector of vectors('B', 80, 5)) driver.send(vector)
    driver.send(vectors('B', 1, 5, 10)[0]!)
    const summaries = driver.outputs(driftSummariesTopic)
    expect(summaries.length).toBe(80)
    expect(new Set(summaries.map((each) => each.health))).toEqual(new Set(['no_reference']))
    expect(driver.outputs(alertsTopic)).toEqual([])
  })

  it('counts a feature that is missing as drifted', () => {
    const driver = driverOf()
    driver.useContext(referenceAbout(0, 1))
    for (const vector of vectors('A', 100, 0)) driver.send(vector)
    for (const vector of vectors('A', 10, 0, 100))
      driver.send({ ...vector, values: { ...vector.values, return_1: null } })
    const missing = driver.outputs(driftTopic).filter((each) => each.measure === 'missing')
    expect(missing.map((each) => [each.feature, each.drifted])).toEqual([['return_1', true]])
    // The fourth of sixty is the first above 5 %.
    expect(missing[0]).toMatchObject({ value: 4 / 60, eventTimeMs: 104 * 60_000 })
  })
})

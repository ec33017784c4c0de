/**
 * Prediction, target and concept drift of made-up outcomes: distances as scipy's, changes as River's
 * (golden/SOURCE.md), and the alerts that follow from them.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { testOutcome } from '../../../test/support/test-outcome.ts'
import { alertsTopic, driftTopic } from '../../../streams/topics.ts'
import { makeReferenceProfile } from '../../models/make-reference-profile.ts'
import type { ReferenceProfile } from '../../models/reference-profile.ts'
import { TestDriver } from '../../runtime/test-driver.ts'
import { calibrateAnswers } from '../calibration/calibrate-answers.ts'
import type { DriftSettings } from '../drift-settings.ts'
import { driftReference, type DriftReference } from '../reference/drift-reference.ts'
import { outcomeDriftProcessor } from './outcome-drift-processor.ts'

interface Golden {
  readonly window: number
  readonly referencePredictions: number[]
  readonly referenceLabels: number[]
  readonly predictions: number[]
  readonly returns: number[]
  readonly changes: number[]
  readonly looks: {
    readonly outcomes: number
    readonly prediction: number
    readonly target: number
  }[]
}
const golden = JSON.parse(
  readFileSync(new URL('../golden/outcomes.json', import.meta.url), 'utf8'),
) as Golden

const SETTINGS: DriftSettings = {
  modelName: 'm',
  window: golden.window,
  mode: 'auto',
  falseAlarmsPerDay: 0.02,
  // Between two values that a distance of 120 against 400 can have.
  ks: 0.3012,
  share: 0.3,
  missing: 0.05,
  retrain: false,
}

function referenceOf(
  epoch: number,
  calibration: ReferenceProfile['calibration'] = {},
): DriftReference {
  const rows = golden.referencePredictions.length
  const profile = makeReferenceProfile(
    {
      columns: ['return_1'],
      rows,
      matrix: new Float32Array(rows),
      predictions: golden.referencePredictions,
      labels: golden.referenceLabels,
      eventTimeMs: Float64Array.from({ length: rows }, (_, row) => row),
    },
    calibration,
  )
  const identity = { epoch, modelName: 'm', modelVersion: `1.${epoch}.0`, profileSha256: '' }
  return driftReference({ ...identity, profileOffset: 7, instruments: ['A'] }, profile)
}

const steppedUnder = {
  latest: () => Promise.resolve(undefined),
  identityOf: (reference: DriftReference) => reference.identity,
  identityIn: (state: { reference: DriftReference['identity'] | undefined }) => state.reference,
  recall: () => Promise.reject(new Error('the driver recalls')),
}

const outcome = (i: number, version = '1.1.0') =>
  testOutcome({
    instrument: 'A',
    eventTimeMs: (i + 1) * 60_000,
    modelName: 'm',
    modelVersion: version,
    predictedReturn: golden.predictions[i % golden.predictions.length]!,
    realizedReturn: golden.returns[i % golden.returns.length]!,
  })

function drive(reference = referenceOf(1)) {
  const driver = new TestDriver(outcomeDriftProcessor(SETTINGS, steppedUnder))
  driver.useContext(reference)
  return driver
}
const alertsOf = (driver: ReturnType<typeof drive>) =>
  driver
    .outputs(alertsTopic)
    .map(({ labels, state, eventTimeMs }) => [labels['measure'], state, eventTimeMs / 60_000])

describe('drift of outcomes', () => {
  const driver = drive()
  beforeAll(() => {
    for (let i = 0; i < golden.predictions.length; i += 1) driver.send(outcome(i))
  })

  it('measures the distances that scipy does, and finds the changes of errors that River does', () => {
    const records = driver.outputs(driftTopic)
    const at = (eventTimeMs: number) => golden.looks[eventTimeMs / 60_000 - golden.window]!
    let compared = 0
    for (const { measure, eventTimeMs, value, feature, drifted } of records) {
      if (measure === 'page_hinkley') continue
      const look = at(eventTimeMs)
      const wanted = measure === 'prediction_ks' ? look.prediction : look.target
      expect(Math.abs(value - wanted)).toBeLessThan(1e-12)
      expect(feature).toBe(measure === 'prediction_ks' ? 'prediction' : 'label')
      expect(drifted).toBe(wanted > SETTINGS.ks)
      compared += 1
    }
    // Every sixtieth outcome of a full window, both, and each once where it went above.
    expect(compared).toBeGreaterThanOrEqual(2 * 15 + 2)
    const changes = records.filter(
      ({ measure, value }) => measure === 'page_hinkley' && value === 1,
    )
    expect(changes.map(({ eventTimeMs }) => eventTimeMs / 60_000 - 1)).toEqual(golden.changes)
    expect(records[0]!.lineage).toEqual([
      {
        topic: 'outcomes.v1',
        partition: 0,
        fromOffset: golden.window - 1,
        toOffset: golden.window - 1,
      },
      { topic: 'model-artifacts.v1', partition: 0, fromOffset: 7, toOffset: 7 },
    ])
  })

  it('raises an alert for each kind of drift where the distance passes its threshold, once', () => {
    const first = (of: 'prediction' | 'target') =>
      golden.looks.find((look) => look[of] > SETTINGS.ks)!.outcomes
    const [rose] = golden.changes
    const firing = alertsOf(driver).filter(([, state]) => state === 'firing')
    expect(firing.filter(([measure]) => measure !== 'page_hinkley')).toEqual([
      ['prediction_ks', 'firing', first('prediction')],
      ['target_ks', 'firing', first('target')],
    ])
    expect(firing.find(([measure]) => measure === 'page_hinkley')).toEqual([
      'page_hinkley',
      'firing',
      rose! + 1,
    ])
    const [alert] = driver.outputs(alertsTopic)
    expect(alert).toMatchObject({ kind: 'drift', subject: 'A', severity: 'info' })
    expect(alert!.message).toMatch(/no rate of false alarms is known/)
  })

  it('ends an alert when the distance is back, or a window has come without a change of errors', () => {
    const driver = drive()
    for (let i = 0; i < 620; i += 1) driver.send(outcome(i))
    // Outcomes as those before anything shifted.
    for (let i = 0; i < 280; i += 1) driver.send({ ...outcome(i), eventTimeMs: (i + 621) * 60_000 })
    const ended = alertsOf(driver).filter(([, state]) => state === 'resolved')
    expect(ended.map(([measure]) => measure).sort()).toEqual([
      'page_hinkley',
      'prediction_ks',
      'target_ks',
    ])
  })

  it('ends the alerts of a version that is no longer live, and begins anew', () => {
    const driver = drive()
    for (let i = 0; i < 420; i += 1) driver.send(outcome(i))
    driver.useContext(referenceOf(2))
    driver.send(outcome(420))
    const resolved = driver.outputs(alertsTopic).filter(({ state }) => state === 'resolved')
    const ofOld = resolved.filter(({ message }) => message.includes('no longer live'))
    expect(ofOld.map(({ labels }) => labels['measure']).sort()).toEqual([
      'page_hinkley',
      'prediction_ks',
    ])
    for (const { labels } of ofOld) expect(labels['modelVersion']).toBe('1.1.0')
    // Outcomes of the old version are not of the watched one.
    const before = driver.outputs(driftTopic).length
    for (let i = 421; i < 600; i += 1) driver.send(outcome(i))
    expect(driver.outputs(driftTopic).length).toBe(before)
  })

  it('has the threshold and the promise of the calibration where there is one', () => {
    const rows = 40 * golden.window
    const calibration = calibrateAnswers({
      rows,
      predictions: Float64Array.from({ length: rows }, (_, i) => golden.predictions[i % 300]!),
      labels: Float64Array.from({ length: rows }, (_, i) => golden.returns[i % 300]!),
      eventTimeMs: Float64Array.from({ length: rows }, (_, i) => (i * 86_400_000) / golden.window),
      windowVectors: golden.window,
    })
    const driver = drive(referenceOf(1, calibration))
    for (let i = 0; i < 600; i += 1) driver.send(outcome(i))
    const alert = driver
      .outputs(alertsTopic)
      .find(({ labels }) => labels['measure'] === 'prediction_ks')
    expect(alert).toMatchObject({ severity: 'warning' })
    expect(alert!.expectedFalseAlarms).toBeLessThanOrEqual(SETTINGS.falseAlarmsPerDay)
    expect(alert!.threshold).not.toBe(SETTINGS.ks)
    expect(alert!.message).toMatch(/at most 0\.02 false alarms a day expected/)
  })

  it('publishes the same bytes however often it crashes', () => {
    const outputs = [[], [130, 400, 701]].map((crashes) => {
      const driver = drive()
      for (let i = 0; i < 800; i += 1) {
        driver.send(outcome(i))
        if (crashes.includes(i)) driver.crash()
      }
      return [driver.outputs(driftTopic), driver.outputs(alertsTopic)]
    })
    expect(outputs[1]).toEqual(outputs[0])
  })
})

import { describe, expect, it } from 'vitest'
import { goldenMetrics } from '../../test/support/golden-metrics.ts'
import { directionMetrics, upward } from './direction-metrics.ts'
import { probabilityMetrics } from './probability-metrics.ts'
import { areaUnderRoc, spearman } from './ranks.ts'

const golden = goldenMetrics().direction
const [labels, returns, probabilities] = [golden.labels, golden.returns, golden.probabilities].map(
  (values) => Float64Array.from(values),
) as [Float64Array, Float64Array, Float64Array]

describe('directionMetrics', () => {
  it.each([
    ['returns', returns, 0, golden.ofReturns],
    ['probabilities', probabilities, 0.5, golden.ofProbabilities],
  ])('agrees with scikit-learn for %s', (_, predictions, cut, expected) => {
    const { confusion, ...measured } = directionMetrics(predictions, labels, cut)
    for (const name of ['auc', 'precision', 'recall', 'f1'] as const)
      expect(measured[name], name).toBeCloseTo(expected[name], 13)
    const { trueNegatives, falsePositives, falseNegatives, truePositives } = confusion
    expect([trueNegatives, falsePositives, falseNegatives, truePositives]).toEqual(
      expected.confusion,
    )
  })

  it('says null, not NaN, where a measure is undefined', () => {
    const falling = directionMetrics(Float64Array.of(-1, -2), Float64Array.of(-1, 0), 0)
    expect(falling).toMatchObject({ auc: null, precision: null, recall: null, f1: null })
  })

  it('gives a constant forecast an area of one half', () => {
    expect(areaUnderRoc(new Float64Array(400), upward(labels))).toBe(0.5)
    expect(spearman(new Float64Array(400), labels)).toBeUndefined()
  })
})

describe('spearman', () => {
  it('agrees with scipy, ties included', () => {
    expect(spearman(returns, labels)).toBeCloseTo(golden.spearman, 13)
  })
})

describe('probabilityMetrics', () => {
  it('agrees with scikit-learn', () => {
    const { calibration, ...measured } = probabilityMetrics(probabilities, labels, golden.baseRate)
    for (const [name, value] of Object.entries(measured))
      expect(value, name).toBeCloseTo(golden[name as keyof typeof measured], 13)
    expect(calibration).toHaveLength(golden.calibration.length)
    for (const [index, [rows, predicted, observed]] of golden.calibration.entries()) {
      expect(calibration[index]!.rows).toBe(rows)
      expect(calibration[index]!.predicted).toBeCloseTo(predicted, 13)
      expect(calibration[index]!.observed).toBeCloseTo(observed, 13)
    }
  })

  it('keeps equal probabilities in one bin and punishes a failed certainty without infinity', () => {
    const { calibration, calibrationError } = probabilityMetrics(
      new Float64Array(400).fill(0.5),
      labels,
      0.5,
    )
    expect(calibration).toHaveLength(1)
    const share = upward(labels).reduce((a, b) => a + b, 0) / 400
    expect(calibrationError).toBeCloseTo(Math.abs(0.5 - share), 13)
    const certain = probabilityMetrics(Float64Array.of(0), Float64Array.of(1), 0.5)
    expect(certain.logLoss).toBeCloseTo(36.04, 1)
  })
})

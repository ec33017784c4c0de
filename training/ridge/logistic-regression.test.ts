import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.ts'
import { targetsOf } from '../models/training-rows.ts'
import { sigmoid } from '../models/probability.ts'
import { fitLogistic, LOGISTIC_PENALTY_GRID } from './logistic-regression.ts'
import { predictRidge } from './ridge-regression.ts'

interface Golden {
  readonly penalty: number
  readonly probabilities: readonly number[]
  readonly intercept: number
}

// SOURCE: scikit-learn, see `source` in the file and test/reference/make_model_golden.py.
const { logistic } = JSON.parse(
  readFileSync(
    new URL('../../test/integration/fixtures/model-golden.json', import.meta.url),
    'utf8',
  ),
) as { logistic: Golden[] }

const WIDTH = 8
const dataset = syntheticDataset({ rows: 4_000, columns: WIDTH })
const labels = targetsOf(dataset.labels, 'classification')
const part = (from: number, to: number) => ({
  parts: [dataset.matrix.subarray(from * WIDTH, to * WIDTH)],
  labels: labels.subarray(from, to),
})

describe('fitLogistic', () => {
  it.each(logistic)(
    'agrees with scikit-learn at penalty $penalty',
    ({ penalty, probabilities, intercept }) => {
      const { linear, converged } = fitLogistic(part(0, 2_400), part(2_430, 3_270), WIDTH, [
        penalty,
      ])
      expect(converged).toBe(true)
      expect(linear.intercept).toBeCloseTo(intercept, 7)
      const answers = predictRidge(linear, dataset.matrix.subarray(3_300 * WIDTH, 3_320 * WIDTH))
      for (const [row, logit] of answers.entries())
        expect(sigmoid(logit)).toBeCloseTo(probabilities[row]!, 8)
    },
  )

  it('leaves the share of upward moves where the columns say nothing', () => {
    const noise = labels.map((_, row) => ((row * 7919) % 101 < 40 ? 1 : 0))
    const opposite = { ...part(2_430, 3_270), labels: labels.map((_, row) => 1 - noise[row]!) }
    const rows = { ...part(0, 2_400), labels: noise.subarray(0, 2_400) }
    const { linear } = fitLogistic(
      rows,
      { ...opposite, labels: opposite.labels.subarray(0, 840) },
      WIDTH,
    )
    expect(linear.penalty).toBe(LOGISTIC_PENALTY_GRID[0])
    expect(sigmoid(linear.intercept)).toBeCloseTo(rows.labels.reduce((a, b) => a + b, 0) / 2_400, 5)
  })
})

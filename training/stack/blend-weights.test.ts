import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { positionNoise, syntheticDataset } from '../../test/support/synthetic-dataset.ts'
import { sigmoid } from '../models/probability.ts'
import { targetsOf } from '../models/training-rows.ts'
import { leastSquaresWeights, mixtureWeights } from './blend-weights.ts'

// SOURCE: scipy.optimize.nnls, and scipy.optimize.minimize over a softmax; see `source` in the file and
//   test/reference/make_model_golden.py.
const { weights: golden } = JSON.parse(
  readFileSync(
    new URL('../../test/integration/fixtures/model-golden.json', import.meta.url),
    'utf8',
  ),
) as { weights: { squared: number[]; log_loss: number; simplex: number[] } }

const dataset = syntheticDataset({ rows: 4_000, columns: 8 })
const explained = Float64Array.from({ length: 4_000 }, (_, row) => {
  const [first = 0, second = 0, third = 0] = dataset.matrix.subarray(row * 8, row * 8 + 3)
  return first + (second > 0.1 ? 0.25 : -0.25) + (Math.abs(third) > 0.2 ? 0.3 : -0.3)
})
const noise = explained.map((_, row) => positionNoise(row * 5 + 1))

describe('leastSquaresWeights', () => {
  it("agrees with SciPy's non-negative least squares", () => {
    const members = [explained.map((value) => 0.5 * value), noise, explained.map((value) => -value)]
    const weights = leastSquaresWeights(members, dataset.labels)
    for (const [member, weight] of weights.entries())
      expect(weight).toBeCloseTo(golden.squared[member]!, 9)
  })

  it('leaves nothing better in any direction that stays non-negative', () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 12,
      maxLength: 12,
    })
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 4 }), vector, (columns, target) => {
        const members = columns.map((column) => Float64Array.from(column))
        const labels = Float64Array.from(target)
        const error = (weights: Float64Array) =>
          labels.reduce((sum, label, row) => {
            const blend = members.reduce((total, one, at) => total + weights[at]! * one[row]!, 0)
            return sum + (label - blend) ** 2
          }, 0)
        const weights = leastSquaresWeights(members, labels)
        expect(weights.every((weight) => weight >= 0)).toBe(true)
        for (const at of members.keys()) {
          for (const step of [-1e-3, 1e-3]) {
            const other = weights.slice()
            other[at] = Math.max(0, other[at]! + step)
            expect(error(weights)).toBeLessThanOrEqual(error(other) + 1e-9)
          }
        }
      }),
    )
  })

  it('is the zero forecast where every member points the wrong way', () => {
    const wrong = dataset.labels.map((label) => -label)
    expect([...leastSquaresWeights([wrong], dataset.labels)]).toEqual([0])
  })
})

describe('mixtureWeights', () => {
  it('agrees with a minimum SciPy finds by another way', () => {
    const members = [
      explained.map((value) => sigmoid(8 * value)),
      noise.map(sigmoid),
      new Float64Array(4_000).fill(0.5),
    ]
    const labels = targetsOf(dataset.labels, 'classification')
    const weights = mixtureWeights(members, labels)
    const loss =
      -labels.reduce((sum, label, row) => {
        const p = members.reduce((total, one, at) => total + weights[at]! * one[row]!, 0)
        return sum + Math.log(label === 1 ? p : 1 - p)
      }, 0) / labels.length
    expect(loss).toBeLessThanOrEqual(golden.log_loss + 1e-7)
    expect(weights[0]).toBeCloseTo(golden.simplex[0]!, 3)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
  })
})

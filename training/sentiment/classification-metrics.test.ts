import { expect, it } from 'vitest'
import { classificationMetrics } from './classification-metrics.ts'

const predictions = [
  [0.7, 0.1, 0.2],
  [0.2, 0.5, 0.3],
  [0.1, 0.2, 0.7],
  [0.3, 0.3, 0.4],
  [0.6, 0.3, 0.1],
  [0.2, 0.6, 0.2],
]
const targets = [
  [0.9, 0.05, 0.05],
  [0.1, 0.2, 0.7],
  [0.05, 0.05, 0.9],
  [0.2, 0.7, 0.1],
  [0.8, 0.1, 0.1],
  [0.1, 0.8, 0.1],
]

// SOURCE: scikit-learn 1.9.1 f1_score(average='macro') and accuracy_score, numpy 2.4.6 corrcoef, on
// the rows above.
it('agrees with scikit-learn and numpy', () => {
  const metrics = classificationMetrics(predictions, targets)
  expect(metrics.rows).toBe(6)
  expect(metrics.agreement).toBeCloseTo(0.6666666666666666, 14)
  expect(metrics.macroF1).toBeCloseTo(0.6666666666666666, 14)
  expect(metrics.correlation).toBeCloseTo(0.8723862066281037, 12)
})

it('knows a constant and a class that never occurs', () => {
  const constant = targets.map(() => [0.2, 0.2, 0.6])
  expect(classificationMetrics(constant, targets).correlation).toBe(0)
  const neutral = [
    [0, 0, 1],
    [0, 0, 1],
  ]
  expect(classificationMetrics(neutral, neutral)).toMatchObject({ agreement: 1, macroF1: 1 / 3 })
})

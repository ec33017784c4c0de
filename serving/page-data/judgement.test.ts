import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge, type JudgedOutcome } from './judgement.ts'

interface Golden {
  readonly outcomes: readonly Omit<JudgedOutcome, 'objective' | 'intervalCoverage'>[]
  readonly auc: number
  readonly aucProbability: number
  readonly roc: [number, number][]
  readonly confusion: object
  readonly moves: number
  readonly upShare: number
  readonly covered: number
  readonly calibration: { said: number; came: number; rows: number }[]
  readonly calibrationCurve: [number, number][]
}

const golden = JSON.parse(
  readFileSync(new URL('golden/judgement.json', import.meta.url), 'utf8'),
) as Golden
const asRegression = golden.outcomes.map((each) => ({
  ...each,
  objective: 'regression',
  intervalCoverage: 0.9,
}))

const outcome = (predictedReturn: number, realizedReturn: number): JudgedOutcome => ({
  objective: 'regression',
  predictedReturn,
  realizedReturn,
  probability: null,
  intervalLow: null,
  intervalHigh: null,
  intervalCoverage: null,
})

describe('beside scikit-learn', () => {
  const judged = judge(asRegression)

  it('has its curve, its area and its confusion', () => {
    expect(judged.roc?.auc).toBeCloseTo(golden.auc, 12)
    const points = judged.roc?.points ?? []
    expect(points).toHaveLength(golden.roc.length)
    for (const [i, [x, y]] of golden.roc.entries()) {
      expect(points[i]?.[0]).toBeCloseTo(x, 12)
      expect(points[i]?.[1]).toBeCloseTo(y, 12)
    }
    expect(judged.confusion).toEqual(golden.confusion)
    expect([judged.outcomes, judged.moves]).toEqual([600, golden.moves])
    expect(judged.upShare).toBeCloseTo(golden.upShare, 12)
  })

  it('has its calibration, and covers what numpy counts', () => {
    for (const [i, bin] of golden.calibration.entries()) {
      expect(judged.calibration[i]?.rows).toBe(bin.rows)
      expect(judged.calibration[i]?.said).toBeCloseTo(bin.said, 12)
      expect(judged.calibration[i]?.came).toBeCloseTo(bin.came, 12)
      // Bins of the library end at quantiles: at most one outcome lies on the other side.
      expect(judged.calibration[i]?.said).toBeCloseTo(golden.calibrationCurve[i]![0], 2)
    }
    expect(judged.coverage?.covered).toBeCloseTo(golden.covered, 12)
    expect(judged.coverage).toMatchObject({ rows: 600 })
    expect(judged.coverage?.wanted).toBeCloseTo(0.9, 12)
  })

  it('ranks a classification by its probability', () => {
    const { roc } = judge(asRegression.map((each) => ({ ...each, objective: 'classification' })))
    expect(roc?.auc).toBeCloseTo(golden.aucProbability, 12)
    expect(roc?.points.length).toBeLessThanOrEqual(200)
  })
})

it('has no curve where all went one way, and says nothing of nothing', () => {
  expect(judge([outcome(1, 1), outcome(-1, 2)]).roc).toBeNull()
  expect(judge([])).toMatchObject({ outcomes: 0, upShare: null, roc: null, coverage: null })
  expect(judge([outcome(1, 0)])).toMatchObject({ outcomes: 1, moves: 0 })
})

it('is not moved by scale or order, and turned round by the opposite forecast', () => {
  const outcomes = fc.array(
    fc.record({ said: fc.integer({ min: -5, max: 5 }), came: fc.integer({ min: -5, max: 5 }) }),
    { minLength: 2, maxLength: 60 },
  )
  fc.assert(
    fc.property(outcomes, fc.integer({ min: 1, max: 100 }), (given, scale) => {
      const area = (factor: number, order: typeof given): number | undefined =>
        judge(order.map(({ said, came }) => outcome(factor * said, came))).roc?.auc
      const base = area(1, given)
      if (base === undefined) return
      expect(area(scale, given.toReversed())).toBeCloseTo(base, 12)
      expect(area(-1, given)).toBeCloseTo(1 - base, 12)
    }),
  )
})

import { describe, expect, it } from 'vitest'
import { estimateQuality, estimateRecord, judgeEstimates, keepEstimate } from './estimate-record.ts'
import { expectedSquare, normalCdf, nowcast } from './error-nowcast.ts'
import { learnMove, moveModel, moveSquared, type MoveInputs } from './move-model.ts'

const pending = {
  objective: 'regression',
  predicted: 0.1,
  probability: null,
  soFar: 0,
  ahead: 1,
}

describe('the nowcast', () => {
  it('is all volatility at the start of the horizon and all truth at its end', () => {
    expect(expectedSquare({ ...pending, predicted: 0 }, 0.04)).toBe(0.04)
    expect(expectedSquare({ ...pending, soFar: 0.3, ahead: 0 }, 0.04)).toBeCloseTo(0.04, 12)
    expect(nowcast('regression', [pending, { ...pending, soFar: -0.1 }], 0.01)).toBeCloseTo(
      Math.sqrt((0.01 + 0.01 + 0.04 + 0.01) / 2),
      12,
    )
  })

  it('knows an upward return by its price so far', () => {
    const direction = { ...pending, objective: 'classification', probability: 0.8 }
    // One half either way: (0.8 - 0.5)² + 0.25.
    expect(expectedSquare(direction, 0.04)).toBeCloseTo(0.34, 6)
    expect(expectedSquare({ ...direction, soFar: 0.3, ahead: 0 }, 0.04)).toBeCloseTo(0.04, 12)
    expect(expectedSquare({ ...direction, soFar: -0.3, ahead: 0 }, 0.04)).toBeCloseTo(0.64, 12)
  })

  it('is none where nothing pends', () => {
    expect(nowcast('regression', [], 1)).toBeNaN()
  })

  it('uses the normal distribution to 1.5e-7', () => {
    // scipy.stats.norm.cdf, scipy 1.11.
    const wanted = [
      [-3, 0.0013498980316300933],
      [-1, 0.15865525393145707],
      [0, 0.5],
      [0.5, 0.6914624612740131],
      [2.5, 0.9937903346742238],
    ] as const
    for (const [z, value] of wanted) expect(Math.abs(normalCdf(z) - value)).toBeLessThan(1.5e-7)
  })
})

describe('the move model', () => {
  it('finds the scale of moves from volatility, and follows when it changes', () => {
    const model = moveModel()
    const learn = (factor: number, times: number) => {
      for (let at = 0; at < times; at += 1) {
        const inputs: MoveInputs = [1, 0.02 + (at % 7) / 100, 0.03 + (at % 5) / 100]
        learnMove(model, inputs, (at % 2 ? 1 : -1) * factor * (inputs[1] + inputs[2]))
      }
    }
    expect(moveSquared(model, [1, 0.05, 0.05])).toBeNaN()
    learn(2, 1_000)
    expect(moveSquared(model, [1, 0.05, 0.05])).toBeCloseTo(0.04, 6)
    learn(4, 100_000)
    expect(moveSquared(model, [1, 0.05, 0.05])).toBeGreaterThan(0.15)
  })

  it('learns nothing of a market that stands still, or of what is missing', () => {
    const model = moveModel()
    for (let at = 0; at < 1_000; at += 1) learnMove(model, [1, 0, 0], 0)
    learnMove(model, [1, NaN, 0.1], 1)
    expect(model.updates).toBe(1_000)
    expect(Number.isNaN(moveSquared(model, [1, 0.05, 0.05]))).toBe(false)
    expect(moveSquared(model, [1, NaN, 0.05])).toBeNaN()
  })
})

describe('the record of estimates', () => {
  const truth = () => ({ error: 1, count: 30 })
  const estimate = { madeMs: 0, untilMs: 10, members: 30, estimate: 1.5, naive: 3, constant: NaN }

  it('sets them against the truth when it is there, and not before', () => {
    const record = estimateRecord()
    keepEstimate(record, estimate)
    keepEstimate(record, { ...estimate, untilMs: 20, estimate: 0.9, naive: 2 })
    judgeEstimates(record, 9, truth)
    expect(estimateQuality(record).estimatesJudged).toBe(0)
    judgeEstimates(record, 25, truth)
    expect(estimateQuality(record)).toEqual({
      estimateMae: 0.3,
      naiveEstimateMae: 1.5,
      constantEstimateMae: null,
      estimatesJudged: 2,
    })
  })

  it('judges none of which most members have no outcome, and is bounded', () => {
    const record = estimateRecord()
    keepEstimate(record, estimate)
    judgeEstimates(record, 10, () => ({ error: 1, count: 14 }))
    expect(record.judged).toBe(0)
    for (let at = 0; at < 1_000; at += 1) keepEstimate(record, estimate)
    expect(record.open.length).toBe(24)
  })
})

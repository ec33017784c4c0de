import { describe, expect, it } from 'vitest'
import { goldenMetrics } from '../../test/support/golden-metrics.ts'
import { backtestOverfitting, returnBlocks } from './backtest-overfitting.ts'
import {
  deflatedSharpe,
  expectedBestSharpe,
  probabilisticSharpe,
  returnMoments,
  sharpeRatio,
} from './sharpe-ratio.ts'

const golden = goldenMetrics()

describe('returnMoments', () => {
  it('agrees with numpy and scipy', () => {
    const { returns, ...expected } = golden.moments
    const measured = returnMoments(Float64Array.from(returns))
    for (const [name, value] of Object.entries(expected))
      expect(measured[name as keyof typeof expected], name).toBeCloseTo(value, 12)
    expect(sharpeRatio(measured)).toBeCloseTo(expected.mean / expected.deviation, 12)
  })

  it('gives nothing a ratio of 0', () => {
    expect(sharpeRatio(returnMoments(new Float64Array(5)))).toBe(0)
    expect(sharpeRatio(returnMoments(new Float64Array(0)))).toBe(0)
  })
})

describe('deflatedSharpe', () => {
  // SOURCE: Bailey and Lopez de Prado, "The Deflated Sharpe Ratio" (2014), the numerical example: an
  // annualised ratio of 2.5 over 1,250 days of 250 a year, skewness -3, kurtosis 10, variance of the
  // trials' annualised ratios 1/2. 100 trials: expected best 0.1132 a day, 0.9004; 46 trials: 0.9505.
  it.each([
    [100, 0.9004],
    [46, 0.9505],
  ])('repeats the example of the paper with %i trials', (trials, expected) => {
    const daily = 2.5 / Math.sqrt(250)
    const moments = { observations: 1250, mean: daily, deviation: 1, skewness: -3, kurtosis: 10 }
    expect(deflatedSharpe(moments, trials, 0.5 / 250)).toBeCloseTo(expected, 4)
    if (trials === 100) expect(expectedBestSharpe(trials, 0.5 / 250)).toBeCloseTo(0.1132, 4)
  })

  it('deflates nothing for one trial, and says nothing of two returns', () => {
    expect(expectedBestSharpe(1, 1)).toBe(0)
    expect(probabilisticSharpe(1, { observations: 1, skewness: 0, kurtosis: 3 }, 0)).toBeUndefined()
  })
})

describe('backtestOverfitting', () => {
  it.each(golden.overfitting)('agrees with whole return series in $blocks blocks', (expected) => {
    const trials = expected.trials.map((returns) =>
      returnBlocks(Float64Array.from(returns), expected.blocks),
    )
    expect(backtestOverfitting(trials)).toBeCloseTo(expected.probability, 12)
  })

  it('sees no evidence in trials that do all the same', () => {
    const same = returnBlocks(Float64Array.from(golden.overfitting[0]!.trials[0]!))
    expect(backtestOverfitting([same, same, same])).toBe(1)
    expect(backtestOverfitting([same])).toBeUndefined()
  })
})

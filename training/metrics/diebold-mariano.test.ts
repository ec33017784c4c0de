import { describe, expect, it } from 'vitest'
import { goldenMetrics } from '../../test/support/golden-metrics.ts'
import { cautiousDieboldMariano, dieboldMariano, meanPerTime } from './diebold-mariano.ts'

const golden = goldenMetrics().dieboldMariano
const losses = Float64Array.from(golden.labels, (label, i) => (label - golden.forecast[i]!) ** 2)
const zeroLosses = Float64Array.from(golden.labels, (label) => label ** 2)

describe('dieboldMariano', () => {
  it.each(golden.cases)('agrees with R forecast::dm.test, h $horizon, $kernel', (expected) => {
    const { statistic, pValue } = dieboldMariano(losses, zeroLosses, {
      horizon: expected.horizon,
      kernel: expected.kernel === 'acf' ? 'rectangular' : 'bartlett',
    })
    expect(statistic).toBeCloseTo(expected.statistic, 9)
    expect(pValue).toBeCloseTo(expected.pValue, 9)
  })

  it('agrees with the Newey-West regression of statsmodels but for the small-sample factor', () => {
    const { statistic, observations } = dieboldMariano(losses, zeroLosses, {
      horizon: 30,
      kernel: 'bartlett',
    })
    const factor = Math.sqrt((observations + 1 - 60 + (30 * 29) / observations) / observations)
    // statsmodels divides the variance by n; both are asymptotically the same.
    expect(statistic / factor).toBeCloseTo(golden.hacTValue, 8)
  })

  it('is the mirror image with the forecasts exchanged', () => {
    const forth = dieboldMariano(losses, zeroLosses, { horizon: 30, kernel: 'rectangular' })
    const back = dieboldMariano(zeroLosses, losses, { horizon: 30, kernel: 'rectangular' })
    expect(back.statistic).toBeCloseTo(-forth.statistic, 12)
    expect(back.pValue).toBeCloseTo(1 - forth.pValue, 9)
  })

  it('finds no lead of a forecast over itself, nor in fewer rows than a horizon', () => {
    const options = { horizon: 30, kernel: 'rectangular' } as const
    expect(dieboldMariano(losses, losses, options)).toMatchObject({ statistic: 0, pValue: 1 })
    const [few, fewZero] = [losses.subarray(0, 30), zeroLosses.subarray(0, 30)]
    expect(dieboldMariano(few, fewZero, options).pValue).toBe(1)
  })

  it('falls back to falling weights where the paper’s variance is negative', () => {
    const alternating = Float64Array.from({ length: 100 }, (_, i) => (i % 2) - 0.6)
    const result = dieboldMariano(alternating, new Float64Array(100), {
      horizon: 2,
      kernel: 'rectangular',
    })
    expect(result.kernel).toBe('bartlett')
    expect(Number.isFinite(result.statistic)).toBe(true)
  })

  it('is never surer than either kernel when it is cautious', () => {
    const { pValue } = cautiousDieboldMariano(losses, zeroLosses, 30)
    for (const kernel of ['rectangular', 'bartlett'] as const)
      expect(pValue).toBeGreaterThanOrEqual(
        dieboldMariano(losses, zeroLosses, { horizon: kernel === 'bartlett' ? 60 : 30, kernel })
          .pValue,
      )
  })
})

describe('meanPerTime', () => {
  it('takes what several instruments say at one time for one draw', () => {
    const means = meanPerTime(Float64Array.of(1, 3, 5, 7, 9), Float64Array.of(1, 1, 2, 3, 3))
    expect([...means]).toEqual([2, 5, 8])
  })
})

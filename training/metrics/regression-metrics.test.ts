import { describe, expect, it } from 'vitest'
import { regressionMetrics } from './regression-metrics.ts'

const labels = Float64Array.from({ length: 200 }, (_, i) =>
  i % 17 === 0 ? 0 : (((i * 37) % 101) - 50) / 100,
)
const predictions = labels.map((label, i) => label * 0.25 + (((i * 53) % 97) - 48) / 200)

describe('regressionMetrics', () => {
  // SOURCE: scikit-learn 1.9.1 (mean_squared_error, mean_absolute_error, r2_score) and numpy 2.4.6 on
  //   i = np.arange(200); y = ((i*37)%101-50)/100; y[::17] = 0; p = y*0.25+((i*53)%97-48)/200
  // Tolerance 1e-14: the order of summation differs.
  it('agrees with scikit-learn', () => {
    const golden = {
      rmse: 0.2475025883703037,
      mae: 0.2058125,
      r2: 0.23614273758160542,
      r2VsZero: 0.23638557164315865,
      directionalAccuracy: 0.6451612903225806,
      zeroRmse: 0.2832322368657918,
      zeroMae: 0.23804999999999998,
    }
    const computed = regressionMetrics(predictions, labels)
    for (const [name, value] of Object.entries(golden)) {
      expect(computed[name as keyof typeof golden], name).toBeCloseTo(value, 14)
    }
  })

  it('gives the zero forecast an R2 against zero of exactly 0', () => {
    const zero = regressionMetrics(new Float64Array(labels.length), labels)
    expect(zero.r2VsZero).toBe(0)
    expect(zero.rmse).toBe(zero.zeroRmse)
    expect(zero.mae).toBe(zero.zeroMae)
    expect(zero.directionalAccuracy).toBe(0)
  })

  it('answers 0, not NaN, where a ratio is undefined', () => {
    const flat = regressionMetrics(new Float64Array(3), new Float64Array(3))
    expect([flat.r2, flat.r2VsZero, flat.directionalAccuracy]).toEqual([0, 0, 0])
  })
})

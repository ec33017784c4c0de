import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { areaUnder, calibrationCurve, confusion, residuals, rocCurve } from './forecast-curves.ts'

interface Golden {
  readonly actual: readonly number[]
  readonly predicted: readonly number[]
  readonly spread: readonly number[]
  readonly roc: readonly [number, number][]
  readonly area: number
  readonly calibration: readonly [number, number][]
  readonly confusion: readonly number[][]
}

const golden = JSON.parse(
  readFileSync(new URL('./golden/curves.json', import.meta.url), 'utf8'),
) as Golden
const forecast = {
  actual: Float64Array.from(golden.actual),
  predicted: Float64Array.from(golden.predicted),
}

function expectPoints(points: readonly (readonly number[])[], expected: readonly number[][]): void {
  expect(points).toHaveLength(expected.length)
  for (const [i, point] of points.entries())
    for (const axis of [0, 1]) expect(point[axis]).toBeCloseTo(expected[i]![axis]!, 12)
}

describe('forecast curves', () => {
  it('are those of scikit-learn', () => {
    const curve = rocCurve(forecast)
    expectPoints(curve, golden.roc)
    expect(areaUnder(curve)).toBeCloseTo(golden.area, 12)
    const spread = { ...forecast, predicted: Float64Array.from(golden.spread) }
    expectPoints(calibrationCurve(spread, 'classification'), golden.calibration)
    expect(confusion(forecast, 'classification')).toEqual(golden.confusion)
  })

  it('take a forecast return for upward above 0, and keep its unit', () => {
    const returns = {
      actual: Float64Array.of(0.3, -0.1, 0),
      predicted: Float64Array.of(0.1, 0.2, 0),
    }
    expect(confusion(returns, 'regression')).toEqual([
      [1, 0],
      [1, 1],
    ])
    expect([...residuals(returns, 'regression')]).toEqual([0.3 - 0.1, -0.1 - 0.2, 0])
    expect([...residuals(returns, 'classification')]).toEqual([0.9, -0.2, 0])
  })

  it('draw nothing where all went one way', () => {
    const curve = rocCurve({ actual: Float64Array.of(1, 2), predicted: Float64Array.of(0, 1) })
    expect([curve, areaUnder(curve)]).toEqual([[], NaN])
  })
})

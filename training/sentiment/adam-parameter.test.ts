import { expect, it } from 'vitest'
import { AdamParameter } from './adam-parameter.ts'

it('steps as the definition says, worked out by hand', () => {
  const parameter = new AdamParameter(Float32Array.of(1, -2), 0.1)
  parameter.gradient.set([0.5, 0])
  parameter.step(0.01)
  // First step: both moments, freed of their bias, are g and g*g, so the direction is the sign of g.
  expect(parameter.values[0]).toBeCloseTo(1 - 0.01 * (1 + 0.1 * 1), 6)
  expect(parameter.values[1]).toBeCloseTo(-2 - 0.01 * (0.1 * -2), 6)
  expect([...parameter.gradient]).toEqual([0, 0])
  parameter.gradient.set([-0.5, 0])
  const before = parameter.values[0] ?? NaN
  parameter.step(0.01)
  const first = (0.9 * 0.05 - 0.1 * 0.5) / (1 - 0.81)
  const second = (0.999 * 0.00025 + 0.001 * 0.25) / (1 - 0.998001)
  expect(parameter.values[0]).toBeCloseTo(
    before - 0.01 * (first / Math.sqrt(second) + 0.1 * before),
    6,
  )
})

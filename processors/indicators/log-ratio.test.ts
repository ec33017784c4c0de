import { expect, it } from 'vitest'
import { logRatio } from './log-ratio.ts'

it('is ln(a/b), to all digits for nearly equal prices', () => {
  expect(logRatio(1e6, 1e-4)).toBeCloseTo(Math.log(1e10), 13)
  expect(logRatio(1e-4, 1e6)).toBeCloseTo(-Math.log(1e10), 13)
  expect(logRatio(7, 7)).toBe(0)
  const step = 2 ** -40
  expect(logRatio(1 + step, 1) / (step - step ** 2 / 2)).toBeCloseTo(1, 15)
})

it('is that of Math.log1p to two units in the last place, on either side of where it changes', () => {
  let worst = 0
  for (let i = 1; i < 40_000; i++) {
    const b = 1e-4 * 1.0007 ** (i % 30_000)
    const a = b * (1 + (i % 2 === 0 ? 1 : -0.9) * 10 ** (-7 + (i % 700) / 100))
    // The exact ratio of the two doubles as they are, not of what they were meant to be.
    const exact = Math.log1p((a - b) / b)
    if (exact !== 0) worst = Math.max(worst, Math.abs(logRatio(a, b) / exact - 1))
  }
  expect(worst).toBeLessThan(2 ** -50)
})

it('is null with a null', () => {
  expect([logRatio(NaN, 1), logRatio(1, NaN)]).toEqual([NaN, NaN])
})

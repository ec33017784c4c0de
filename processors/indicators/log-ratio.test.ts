import { expect, it } from 'vitest'
import { logRatio } from './log-ratio.ts'

it('is ln(a/b), to all digits for nearly equal prices', () => {
  expect(logRatio(1e6, 1e-4)).toBeCloseTo(Math.log(1e10), 13)
  expect(logRatio(1e-4, 1e6)).toBeCloseTo(-Math.log(1e10), 13)
  expect(logRatio(7, 7)).toBe(0)
  const step = 2 ** -40
  expect(logRatio(1 + step, 1) / (step - step ** 2 / 2)).toBeCloseTo(1, 15)
})

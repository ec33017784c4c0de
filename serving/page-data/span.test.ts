import { expect, it } from 'vitest'
import { BARS_MAX, stepOf } from './span.ts'

const DAY_MS = 86_400_000

it('takes the smallest known step that fits, whole weeks beyond', () => {
  const step = (days: number): number => stepOf({ fromMs: 0, toMs: days * DAY_MS }) / 60_000
  expect([step(0.1), step(1), step(7), step(31), step(366), step(36_500)]).toEqual([
    1, 5, 30, 120, 1_440, 110_880,
  ])
  for (const days of [0.01, 3, 50, 4_000])
    expect((days * DAY_MS) / stepOf({ fromMs: 0, toMs: days * DAY_MS })).toBeLessThanOrEqual(
      BARS_MAX,
    )
})

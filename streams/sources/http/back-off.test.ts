import { describe, expect, it } from 'vitest'
import { backOffMs } from './back-off.ts'

describe('backOffMs', () => {
  const bounds = { firstMs: 100, maxMs: 1_000 }

  it('doubles up to its bound, the upper half of it by chance', () => {
    const least = [1, 2, 3, 4, 5, 2_000].map((attempt) => backOffMs(attempt, bounds, () => 0))
    const most = [1, 2, 3, 4, 5, 2_000].map((attempt) => backOffMs(attempt, bounds, () => 1))
    expect(least).toEqual([50, 100, 200, 400, 500, 500])
    expect(most).toEqual([100, 200, 400, 800, 1_000, 1_000])
  })

  it('spreads those that failed together', () => {
    const waits = new Set(Array.from({ length: 20 }, () => backOffMs(4, bounds)))
    expect(waits.size).toBeGreaterThan(15)
  })
})

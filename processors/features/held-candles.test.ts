import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { settleHeld, type HeldCandle } from './held-candles.ts'

const DAY = 86_400_000
const at = (day: number): HeldCandle => ({
  candle: { openTimeMs: day * DAY } as Candle,
  offset: day,
})
const settle = (held: readonly HeldCandle[], day: number) => {
  const { confirmed, refused, holds } = settleHeld(held, day * DAY, {
    newestMs: 0,
    jumpMs: 7 * DAY,
  })
  return { confirmed: confirmed?.offset, refused: refused.map(({ offset }) => offset), holds }
}

describe('held candles', () => {
  it.each([
    ['nothing is held and the candle is near', [], 7, undefined, [], false],
    ['it is far ahead', [], 8, undefined, [], true],
    ['it follows the held one', [100], 101, 100, [], false],
    ['it follows one of several', [100, 9_000], 101, 100, [9_000], false],
    ['it follows the later of two', [98, 100], 101, 100, [98], false],
    ['time goes on from the newest', [100, 9_000], 1, undefined, [100, 9_000], false],
    ['it is far from all', [100], 9_000, undefined, [], true],
    ['it is before the held one', [9_000], 100, undefined, [], true],
  ])('when %s', (_, held, day, confirmed, refused, holds) =>
    expect(settle(held.map(at), day)).toEqual({ confirmed, refused, holds }),
  )

  it('are at most eight; then the oldest is given up', () => {
    const held = [10, 20, 30, 40, 50, 60, 70, 80].map(at)
    expect(settle(held, 90)).toEqual({ confirmed: undefined, refused: [10], holds: true })
  })
})

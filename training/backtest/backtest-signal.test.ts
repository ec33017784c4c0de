import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backtestSignal, type ForecastRows } from './backtest-signal.ts'

const MINUTE_MS = 60_000
const FREE = { spreadBps: 0, slippageBps: 0, feeBps: 0 }
/** 10 basis points a side: 5 of half the spread, 3 of slippage, 2 of fees; 0.1 percent. */
const COSTS = { spreadBps: 10, slippageBps: 3, feeBps: 2 }
const RETURNS = { centre: 0, threshold: 0 }

/** Rows at these minutes, labels known `horizon` minutes later. */
function rowsAt(minutes: readonly number[], predictions: readonly number[], horizon = 2) {
  return {
    predictions: Float64Array.from(predictions),
    labels: Float64Array.from(minutes, (_, row) => row + 1),
    eventTimeMs: Float64Array.from(minutes, (minute) => minute * MINUTE_MS),
    labelTimeMs: Float64Array.from(minutes, (minute) => (minute + horizon) * MINUTE_MS),
  } satisfies ForecastRows
}

describe('backtestSignal', () => {
  it('holds a position for its horizon and looks at no forecast in between', () => {
    const rows = rowsAt([0, 1, 2, 3, 4], [1, -1, -1, 1, 1])
    const result = backtestSignal(rows, { ...RETURNS, costs: FREE })
    expect([...result.gross]).toEqual([1, -3, 5])
    expect([...result.net]).toEqual([1, -3, 5])
    expect([...result.hold]).toEqual([1, 3, 5])
    expect([...result.timeMs]).toEqual([0, 2 * MINUTE_MS, 4 * MINUTE_MS])
  })

  it('charges what is bought and sold, nothing for what is kept, and closes at the end', () => {
    const rows = rowsAt([0, 2, 4], [1, 1, -1])
    const result = backtestSignal(rows, { ...RETURNS, costs: COSTS })
    // Bought once for two decisions; then turned round (2) and closed (1).
    expect(result.turnover).toBe(4)
    expect([...result.net].map((value) => Number(value.toFixed(10)))).toEqual([0.9, 2, -3.3])
  })

  it('closes before a break and opens again after it', () => {
    const rows = rowsAt([0, 100], [1, 1])
    const result = backtestSignal(rows, { ...RETURNS, costs: COSTS })
    expect(result.turnover).toBe(4)
    expect([...result.net].map((value) => Number(value.toFixed(10)))).toEqual([0.8, 1.8])
  })

  it('takes no position within the threshold, nor on a forecast of nothing', () => {
    const rows = rowsAt([0, 2, 4, 6], [0.05, -0.2, 0, 0.1])
    const result = backtestSignal(rows, { costs: COSTS, centre: 0, threshold: 0.1 })
    expect([...result.gross]).toEqual([0, -2, 0, 4])
    expect(result.active).toBe(2)
    const probabilities = rowsAt([0, 2], [0.4, 0.7])
    expect([
      ...backtestSignal(probabilities, { costs: FREE, centre: 0.5, threshold: 0 }).gross,
    ]).toEqual([-1, 2])
  })

  it('spreads one stake over the instruments of a time', () => {
    const rows = {
      ...rowsAt([0, 0, 2, 2], [1, -1, 1, 1]),
      instrumentOf: [0, 1, 0, 1],
    }
    const result = backtestSignal(rows, { ...RETURNS, costs: COSTS })
    expect([...result.gross]).toEqual([-0.5, 3.5])
    // In: half and half; the second is turned round; out: half and half.
    expect(result.turnover).toBe(3)
  })

  it('never makes more by costs, and pays the turnover exactly', () => {
    const signs = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 60,
    })
    fc.assert(
      fc.property(signs, fc.integer({ min: 1, max: 9 }), (predictions, horizon) => {
        const rows = rowsAt(
          predictions.map((_, minute) => minute),
          predictions,
          horizon,
        )
        const { gross, net, turnover } = backtestSignal(rows, { ...RETURNS, costs: COSTS })
        const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0)
        expect(sum(gross) - sum(net)).toBeCloseTo(turnover * 0.1, 9)
        expect(gross.length).toBe(Math.ceil(predictions.length / horizon))
      }),
    )
  })

  it('answers nothing to nothing', () => {
    const none = backtestSignal(rowsAt([], []), { ...RETURNS, costs: COSTS })
    expect(none.net).toHaveLength(0)
    expect(none.turnover).toBe(0)
  })
})

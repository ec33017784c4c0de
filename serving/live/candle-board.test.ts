import { expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { CandleBoard, CANDLES_KEPT } from './candle-board.ts'

const candle = (minute: number, close: number, instrument = 'A'): Candle => ({
  instrument,
  openTimeMs: minute * 60_000,
  open: close,
  high: close,
  low: close,
  close,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

it('keeps the newest in order of time, whatever order they come in, each minute once', () => {
  const board = new CandleBoard()
  for (const [minute, close] of [
    [1, 10],
    [3, 30],
    [2, 20],
    [3, 31],
  ] as const)
    board.add(candle(minute, close))
  expect(board.newest('A', 10).map(([time, , , , close]) => [time / 60_000, close])).toEqual([
    [1, 10],
    [2, 20],
    [3, 31],
  ])
  expect(board.newest('A', 1)).toHaveLength(1)
  expect(board.newest('B', 1)).toEqual([])
})

it('forgets the oldest candles and the instrument longest without one', () => {
  const board = new CandleBoard()
  for (let minute = 0; minute < 2 * CANDLES_KEPT; minute += 1) board.add(candle(minute, 1))
  board.add(candle(0, 9))
  expect(board.newest('A', 10_000)).toHaveLength(CANDLES_KEPT)
  expect(board.newest('A', 10_000)[0]?.[0]).toBe(CANDLES_KEPT * 60_000)
  for (let i = 0; i < 64; i += 1) board.add(candle(1, 1, `I${i}`))
  expect(board.newest('A', 1)).toEqual([])
})

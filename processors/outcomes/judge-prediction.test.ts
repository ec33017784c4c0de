import { describe, expect, it } from 'vitest'
import { barMemory, remember } from './bar-memory.ts'
import { judgePrediction } from './judge-prediction.ts'

const memoryOf = (times: readonly number[], capacity = 5) => {
  const memory = barMemory(capacity)
  times.forEach((timeMs, offset) => remember(memory, { timeMs, close: timeMs * 10, offset }))
  return memory
}
const judge = (times: readonly number[], targetTimeMs: number) =>
  judgePrediction(memoryOf(times), { targetTimeMs })

describe('a prediction', () => {
  it('waits until a bar at or after its target is known', () => {
    expect(judge([], 3)).toEqual({ status: 'waiting' })
    expect(judge([1, 2], 3)).toEqual({ status: 'waiting' })
    expect(judge([1, 2, 3], 3)).toEqual({
      status: 'realized',
      bar: { timeMs: 3, close: 30, offset: 2 },
    })
  })

  it('is unknowable where bars go on behind its target, told by the first of them', () => {
    expect(judge([1, 2, 7, 8], 3)).toEqual({
      status: 'unknowable',
      bar: { timeMs: 7, close: 70, offset: 2 },
    })
    expect(judge([5, 6], 3).status).toBe('unknowable')
  })

  it('is forgotten where the memory has let go of what lay there', () => {
    expect(judge([1, 2, 3, 4, 5, 6, 7], 2).status).toBe('forgotten')
    expect(judge([1, 2, 3, 4, 5, 6, 7], 3).status).toBe('realized')
    expect(judge([1, 2, 3, 4, 6, 7, 8], 5).status).toBe('unknowable')
  })

  it('is not fooled by a bar that comes twice or late', () => {
    const memory = memoryOf([1, 2, 2, 1, 3])
    expect([memory.count, judgePrediction(memory, { targetTimeMs: 2 })]).toEqual([
      3,
      { status: 'realized', bar: { timeMs: 2, close: 20, offset: 1 } },
    ])
  })
})

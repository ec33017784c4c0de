import { expect, it } from 'vitest'
import { MemoryLayout } from './memory-layout.ts'
import { MovingAverageConvergence } from './moving-average-convergence.ts'

it('starts the line at bar 26 and the signal at bar 34, all 0 on flat prices', () => {
  const layout = new MemoryLayout()
  const macd = new MovingAverageConvergence(layout)
  const memory = layout.initialMemory()
  const rows = Array.from({ length: 40 }, () => {
    const row = new Float64Array(3)
    macd.update(memory, 0.1, row, 0)
    return [...row]
  })
  expect(rows[24]).toEqual([NaN, NaN, NaN])
  expect(rows[25]).toEqual([0, NaN, NaN])
  expect(rows[33]).toEqual([0, 0, 0])
})

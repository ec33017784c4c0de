import { expect, it } from 'vitest'
import { CompensatedSum } from './compensated-sum.ts'
import { MemoryLayout } from './memory-layout.ts'

it('keeps what a plain sum rounds off, and starts again at 0', () => {
  const layout = new MemoryLayout()
  const sum = new CompensatedSum(layout)
  const memory = layout.initialMemory()
  for (const input of [1, 1e100, 1, -1e100]) sum.add(memory, input)
  expect(sum.add(memory, 0)).toBe(2)
  expect(sum.add(memory, NaN)).toBeNaN()
  sum.reset(memory)
  expect(sum.add(memory, 0.1)).toBe(0.1)
})

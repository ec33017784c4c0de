import { expect, it } from 'vitest'
import { MemoryLayout } from './memory-layout.ts'
import { Series } from './series.ts'

it('keeps the newest values contiguous, null before they came', () => {
  const layout = new MemoryLayout()
  layout.reserve(3)
  const series = new Series(layout, 4)
  const memory = layout.initialMemory()
  for (let bar = 0; bar < 11; bar++) {
    series.push(memory, bar, bar)
    const end = series.end(bar)
    const window = [...memory.subarray(end - 3, end + 1)]
    expect(window).toEqual(
      [bar - 3, bar - 2, bar - 1, bar].map((value) => (value < 0 ? NaN : value)),
    )
  }
})

it('refuses a capacity that a mask cannot wrap', () => {
  expect(() => new Series(new MemoryLayout(), 20)).toThrow(RangeError)
})

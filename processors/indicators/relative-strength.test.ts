import { describe, expect, it } from 'vitest'
import { MemoryLayout } from './memory-layout.ts'
import { RelativeStrength } from './relative-strength.ts'

function indexesOf(changes: readonly number[], length: number): number[] {
  const layout = new MemoryLayout()
  const index = new RelativeStrength(layout, length)
  const memory = layout.initialMemory()
  return changes.map((change) => index.update(memory, change))
}

describe('relative strength index', () => {
  it('is 100 * gain/(gain + loss) of the averages, from the n-th change on', () => {
    expect(indexesOf([3, -1, 0, 3], 2)).toEqual([NaN, 75, 75, 93.75])
  })

  it.each([
    ['50 without any change', [0, 0], 50],
    ['100 without a loss', [1, 0], 100],
    ['0 without a gain', [-1, 0], 0],
  ])('is %s', (_, changes, wanted) => expect(indexesOf(changes, 2).at(-1)).toBe(wanted))

  it('keeps the ratio of averages that shrink out of the range of a double', () => {
    const indexes = indexesOf([1, -3, ...new Array<number>(50_000).fill(0)], 2)
    expect(indexes.at(-1)).toBeCloseTo(25, 9)
  })
})

import { expect, it } from 'vitest'
import { AverageDirectionalIndex } from './average-directional-index.ts'
import { MemoryLayout } from './memory-layout.ts'

function indexesOf(moves: readonly (readonly [rise: number, fall: number])[]): number[] {
  const layout = new MemoryLayout()
  const index = new AverageDirectionalIndex(layout)
  const memory = layout.initialMemory()
  return moves.map(([rise, fall]) => index.update(memory, rise, fall))
}

it('starts with the 27th move and is 100 where all moves go one way', () => {
  const indexes = indexesOf(new Array<readonly [number, number]>(40).fill([1, -1]))
  expect(indexes.findIndex((value) => !Number.isNaN(value))).toBe(26)
  expect(indexes.slice(26).every((value) => value === 100)).toBe(true)
})

it('is 0 where nothing moves, and counts a bar that widens both ways alike for neither', () => {
  expect(indexesOf(new Array<readonly [number, number]>(30).fill([0, 0])).at(-1)).toBe(0)
  expect(indexesOf(new Array<readonly [number, number]>(30).fill([2, 2])).at(-1)).toBe(0)
})

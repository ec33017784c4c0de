import { expect, it } from 'vitest'
import { FaultCounts } from './fault-counts.ts'

it('counts by cause, whatever the numbers in it', () => {
  const counts = new FaultCounts()
  counts.add('A', 'other')
  counts.add('A', 'high 1.5 is below low 2')
  counts.add('A', 'high -3 is below low 1e-7')
  expect(Object.entries(counts.byCause())).toEqual([
    ['A: high N is below low N', 2],
    ['A: other', 1],
  ])
})

it('stays bounded', () => {
  const counts = new FaultCounts()
  for (let index = 0; index < 1000; index += 1) counts.add('A', `cause ${'x'.repeat(index)}`)
  expect(Object.keys(counts.byCause()).length).toBe(51)
  expect(counts.byCause()['other causes']).toBe(950)
})

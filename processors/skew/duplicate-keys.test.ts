import { expect, it } from 'vitest'
import { verdictOf } from './duplicate-keys.ts'

const count = (rows: number, duplicates: number, first: string | null = null) => ({
  of: 'table features',
  ...{ rows, duplicates, first },
})

it('proves nothing where nothing was counted', () => {
  expect(verdictOf([count(0, 0), count(0, 0)])).toBeUndefined()
})

it('passes without a repetition, and names the first', () => {
  expect(verdictOf([count(3, 0), count(0, 0)])).toMatchObject({ state: 'passed', compared: 3 })
  expect(verdictOf([count(3, 0), count(4, 2, 'A at 1'), count(1, 1, 'B at 2')])).toMatchObject({
    ...{ state: 'failed', compared: 8, different: 3, firstDifference: 'A at 1' },
  })
})
